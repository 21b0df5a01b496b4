"""A meeting may be the court's inquiry; those before this version are mediations."""

import sqlalchemy as sa
from alembic import op
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.Enum('mediation', 'inquiry', name='kind', native_enum=False, length=40), nullable=False, server_default='mediation'))
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.alter_column('kind', existing_type=sa.String(length=40), server_default=None)
