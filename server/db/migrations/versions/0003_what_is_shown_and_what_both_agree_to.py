"""A meeting has a stage (what is shown to everybody) and facts that both sides agree to."""

import sqlalchemy as sa
from alembic import op
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shown_id', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('shown_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(op.f('fk_meeting_shown_id_attachment'), 'attachment', ['shown_id'], ['id'])
    op.create_table('stated_fact',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('meeting_id', sa.String(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_stated_fact_meeting_id_meeting')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stated_fact')),
    )
    op.create_index(op.f('ix_stated_fact_meeting_id'), 'stated_fact', ['meeting_id'], unique=False)
    op.create_table('fact_answer',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('fact_id', sa.String(), nullable=False),
        sa.Column('party_id', sa.String(), nullable=False),
        sa.Column('agrees', sa.Boolean(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['fact_id'], ['stated_fact.id'], name=op.f('fk_fact_answer_fact_id_stated_fact'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_fact_answer_party_id_party')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_fact_answer')),
        sa.UniqueConstraint('fact_id', 'party_id', name=op.f('uq_fact_answer_fact_id_party_id')),
    )
    op.create_index(op.f('ix_fact_answer_fact_id'), 'fact_answer', ['fact_id'], unique=False)
