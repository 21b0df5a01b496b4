"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
   
    op.create_table('audit_entry',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('chain', sa.String(length=60), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_kind', sa.String(length=12), nullable=False),
    sa.Column('actor_id', sa.String(length=40), nullable=False),
    sa.Column('actor_name', sa.String(length=80), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('detail', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    sa.UniqueConstraint('chain', 'number', name=op.f('uq_audit_entry_chain_number'))
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entry_chain'), ['chain'], unique=False)

    op.create_table('court_hook',
    sa.Column('id', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_court_hook'))
    )
    op.create_table('endpoint',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('wants', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_endpoint')),
    sa.UniqueConstraint('url', name=op.f('uq_endpoint_url'))
    )
    op.create_table('key_challenge',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('holder', sa.String(length=60), nullable=False),
    sa.Column('nonce', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_key_challenge'))
    )
    op.create_table('message',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(length=40), nullable=True),
    sa.Column('purpose', sa.String(length=30), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=False),
    sa.Column('text', sa.LargeBinary(), nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reference', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_state'), ['state'], unique=False)

    op.create_table('organization',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('kind', sa.Enum('city', 'district', 'street', 'community', 'grid', 'committee', 'court', name='kind', native_enum=False, length=40), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('short_name', sa.String(length=20), nullable=False),
    sa.Column('court_code', sa.String(length=20), nullable=False),
    sa.Column('parent_id', sa.String(), nullable=True),
    sa.Column('path', sa.String(length=400), nullable=False),
    sa.Column('phone', sa.String(length=30), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['organization.id'], name=op.f('fk_organization_parent_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organization'))
    )
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organization_path'), ['path'], unique=False)

    op.create_table('outbox_event',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('schema', sa.Integer(), nullable=False),
    sa.Column('payload', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_event')),
    sa.UniqueConstraint('case_id', 'number', name=op.f('uq_outbox_event_case_id_number'))
    )
    with op.batch_alter_table('outbox_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_event_case_id'), ['case_id'], unique=False)

    op.create_table('register',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('organization_id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register')),
    sa.UniqueConstraint('organization_id', 'kind', 'year', name=op.f('uq_register_organization_id_kind_year'))
    )
    op.create_table('room_event',
    sa.Column('id', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_event'))
    )
    op.create_table('signing_request',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('holder', sa.String(length=60), nullable=False),
    sa.Column('field', sa.String(length=20), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('base', sa.String(length=64), nullable=False),
    sa.Column('prepared', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signing_request'))
    )
    with op.batch_alter_table('signing_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_signing_request_subject'), ['subject'], unique=False)

    op.create_table('user_account',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('username', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('years_certified', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('username', name=op.f('uq_user_account_username'))
    )
    op.create_table('delivery',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('endpoint_id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['endpoint_id'], ['endpoint.id'], name=op.f('fk_delivery_endpoint_id_endpoint'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['event_id'], ['outbox_event.id'], name=op.f('fk_delivery_event_id_outbox_event'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('event_id', 'endpoint_id', name=op.f('uq_delivery_event_id_endpoint_id'))
    )
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_delivery_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_delivery_state'), ['state'], unique=False)

    op.create_table('dispute_case',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=True),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('category', sa.String(length=30), nullable=False),
    sa.Column('origin', sa.Enum('grid', 'application', name='origin', native_enum=False, length=40), nullable=False),
    sa.Column('level', sa.Enum('red', 'orange', 'yellow', 'blue', name='level', native_enum=False, length=40), nullable=False),
    sa.Column('state', sa.Enum('lead', 'resolved_on_spot', 'intake', 'not_accepted', 'accepted', 'assigned', 'scheduled', 'mediating', 'drafting', 'signing', 'effective', 'confirming', 'confirmed', 'refused_by_party', 'failed', 'withdrawn', name='state', native_enum=False, length=40), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('demands', sa.Text(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=14, scale=2, asdecimal=False), nullable=True),
    sa.Column('reporter_id', sa.String(), nullable=True),
    sa.Column('grid_id', sa.String(), nullable=True),
    sa.Column('committee_id', sa.String(), nullable=False),
    sa.Column('asked_mediator_id', sa.String(), nullable=True),
    sa.Column('mediator_id', sa.String(), nullable=True),
    sa.Column('court_id', sa.String(), nullable=True),
    sa.Column('client_key', sa.String(length=60), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['asked_mediator_id'], ['user_account.id'], name=op.f('fk_dispute_case_asked_mediator_id_user_account')),
    sa.ForeignKeyConstraint(['committee_id'], ['organization.id'], name=op.f('fk_dispute_case_committee_id_organization')),
    sa.ForeignKeyConstraint(['court_id'], ['organization.id'], name=op.f('fk_dispute_case_court_id_organization')),
    sa.ForeignKeyConstraint(['grid_id'], ['organization.id'], name=op.f('fk_dispute_case_grid_id_organization')),
    sa.ForeignKeyConstraint(['mediator_id'], ['user_account.id'], name=op.f('fk_dispute_case_mediator_id_user_account')),
    sa.ForeignKeyConstraint(['reporter_id'], ['user_account.id'], name=op.f('fk_dispute_case_reporter_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute_case')),
    sa.UniqueConstraint('client_key', name=op.f('uq_dispute_case_client_key')),
    sa.UniqueConstraint('number', name=op.f('uq_dispute_case_number'))
    )
    with op.batch_alter_table('dispute_case', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dispute_case_committee_id'), ['committee_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_dispute_case_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_dispute_case_mediator_id'), ['mediator_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_dispute_case_reporter_id'), ['reporter_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_dispute_case_state'), ['state'], unique=False)

    op.create_table('membership',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('organization_id', sa.String(), nullable=False),
    sa.Column('role', sa.Enum('party', 'grid', 'mediator', 'committee', 'clerk', 'judge', 'supervisor', 'admin', 'system', name='role', native_enum=False, length=40), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_membership_organization_id_organization')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_membership_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership')),
    sa.UniqueConstraint('user_id', 'organization_id', 'role', name=op.f('uq_membership_user_id_organization_id_role'))
    )
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_membership_organization_id'), ['organization_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_membership_user_id'), ['user_id'], unique=False)

    op.create_table('passkey',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('credential_id', sa.LargeBinary(), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_passkey_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_passkey_credential_id'))
    )
    with op.batch_alter_table('passkey', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_passkey_user_id'), ['user_id'], unique=False)

    op.create_table('passkey_challenge',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('challenge', sa.LargeBinary(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_passkey_challenge_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey_challenge'))
    )
    op.create_table('agreement',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('responsibility', sa.Text(), nullable=False),
    sa.Column('performance', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_agreement_case_id_dispute_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement')),
    sa.UniqueConstraint('case_id', name=op.f('uq_agreement_case_id'))
    )
    op.create_table('application',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('form', sa.LargeBinary(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_application_case_id_dispute_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_application_token_hash'))
    )
    op.create_table('attempt',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('delivery_id', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name=op.f('fk_attempt_delivery_id_delivery'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempt'))
    )
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attempt_delivery_id'), ['delivery_id'], unique=False)

    op.create_table('conflict_answer',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('clear', sa.Boolean(), nullable=False),
    sa.Column('relation', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_conflict_answer_case_id_dispute_case')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_conflict_answer_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflict_answer'))
    )
    with op.batch_alter_table('conflict_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conflict_answer_case_id'), ['case_id'], unique=False)

    op.create_table('held_certificate',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('holder', sa.String(length=60), nullable=False),
    sa.Column('pem', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_held_certificate_case_id_dispute_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_held_certificate'))
    )
    with op.batch_alter_table('held_certificate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_held_certificate_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_held_certificate_holder'), ['holder'], unique=False)

    op.create_table('party',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('side', sa.Enum('applicant', 'respondent', name='side', native_enum=False, length=40), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=False),
    sa.Column('id_number', sa.LargeBinary(), nullable=False),
    sa.Column('address', sa.LargeBinary(), nullable=False),
    sa.Column('sex', sa.String(length=4), nullable=False),
    sa.Column('nationality', sa.LargeBinary(), nullable=False),
    sa.Column('age', sa.Integer(), nullable=True),
    sa.Column('occupation', sa.String(length=40), nullable=False),
    sa.Column('elder_mode', sa.Boolean(), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verified_by', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_party_case_id_dispute_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party'))
    )
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_party_case_id'), ['case_id'], unique=False)

    op.create_table('attachment',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('party_id', sa.String(), nullable=True),
    sa.Column('user_id', sa.String(), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_attachment_case_id_dispute_case')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_attachment_party_id_party')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_attachment_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment'))
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attachment_case_id'), ['case_id'], unique=False)

    op.create_table('clause',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('heading', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_clause_agreement_id_agreement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clause'))
    )
    with op.batch_alter_table('clause', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clause_agreement_id'), ['agreement_id'], unique=False)

    op.create_table('consent',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('party_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_consent_case_id_dispute_case')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_consent_party_id_party')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent')),
    sa.UniqueConstraint('party_id', 'kind', name=op.f('uq_consent_party_id_kind'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_consent_case_id'), ['case_id'], unique=False)

    op.create_table('invitation',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('party_id', sa.String(), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_invitation_case_id_dispute_case')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_invitation_party_id_party')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitation_token_hash'))
    )
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitation_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_invitation_party_id'), ['party_id'], unique=False)

    op.create_table('login',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(), nullable=True),
    sa.Column('case_id', sa.String(), nullable=True),
    sa.Column('party_id', sa.String(), nullable=True),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('method', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_login_case_id_dispute_case')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_login_party_id_party')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_login_user_id_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_login_token_hash'))
    )
    op.create_table('meeting',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('phase', sa.Enum('planned', 'open', 'ended', name='phase', native_enum=False, length=40), nullable=False),
    sa.Column('caucus_with', sa.String(), nullable=True),
    sa.Column('caucus_number', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_meeting_case_id_dispute_case')),
    sa.ForeignKeyConstraint(['caucus_with'], ['party.id'], name=op.f('fk_meeting_caucus_with_party')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting'))
    )
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_meeting_case_id'), ['case_id'], unique=False)

    op.create_table('version',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('standing', sa.Enum('signing', 'void', 'effective', name='standing', native_enum=False, length=40), nullable=False),
    sa.Column('verify_code', sa.String(length=20), nullable=False),
    sa.Column('frozen', sa.String(length=64), nullable=False),
    sa.Column('blob', sa.String(length=64), nullable=False),
    sa.Column('clause_texts', sa.Text(), nullable=False),
    sa.Column('frozen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('leased_by', sa.String(length=60), nullable=True),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_version_agreement_id_agreement')),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_version_case_id_dispute_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_version')),
    sa.UniqueConstraint('agreement_id', 'number', name=op.f('uq_version_agreement_id_number')),
    sa.UniqueConstraint('verify_code', name=op.f('uq_version_verify_code'))
    )
    with op.batch_alter_table('version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_version_agreement_id'), ['agreement_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_version_case_id'), ['case_id'], unique=False)

    op.create_table('attendance',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('meeting_id', sa.String(), nullable=False),
    sa.Column('room', sa.String(length=80), nullable=False),
    sa.Column('identity', sa.String(length=60), nullable=False),
    sa.Column('sid', sa.String(length=40), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_attendance_meeting_id_meeting')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    sa.UniqueConstraint('sid', name=op.f('uq_attendance_sid'))
    )
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_meeting_id'), ['meeting_id'], unique=False)

    op.create_table('confirmation',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('court_id', sa.String(), nullable=False),
    sa.Column('version_id', sa.String(), nullable=False),
    sa.Column('state', sa.Enum('partial', 'submitted', 'not_accepted', 'accepted', 'review', 'confirmed', 'rejected', 'withdrawn', 'confirmed_served', 'rejected_served', name='state', native_enum=False, length=40), nullable=False),
    sa.Column('case_number', sa.String(length=60), nullable=True),
    sa.Column('clerk_id', sa.String(), nullable=True),
    sa.Column('judge_id', sa.String(), nullable=True),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('docketed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heard_note', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['dispute_case.id'], name=op.f('fk_confirmation_case_id_dispute_case')),
    sa.ForeignKeyConstraint(['clerk_id'], ['user_account.id'], name=op.f('fk_confirmation_clerk_id_user_account')),
    sa.ForeignKeyConstraint(['court_id'], ['organization.id'], name=op.f('fk_confirmation_court_id_organization')),
    sa.ForeignKeyConstraint(['judge_id'], ['user_account.id'], name=op.f('fk_confirmation_judge_id_user_account')),
    sa.ForeignKeyConstraint(['version_id'], ['version.id'], name=op.f('fk_confirmation_version_id_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_confirmation')),
    sa.UniqueConstraint('case_number', name=op.f('uq_confirmation_case_number'))
    )
    with op.batch_alter_table('confirmation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_confirmation_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_confirmation_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_confirmation_state'), ['state'], unique=False)

    op.create_table('minute_line',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('meeting_id', sa.String(), nullable=False),
    sa.Column('speaker', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_minute_line_meeting_id_meeting')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_minute_line'))
    )
    with op.batch_alter_table('minute_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_minute_line_meeting_id'), ['meeting_id'], unique=False)

    op.create_table('one_time_code',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('invitation_id', sa.String(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitation.id'], name=op.f('fk_one_time_code_invitation_id_invitation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_code'))
    )
    with op.batch_alter_table('one_time_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_one_time_code_invitation_id'), ['invitation_id'], unique=False)

    op.create_table('seat',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('meeting_id', sa.String(), nullable=False),
    sa.Column('identity', sa.String(length=60), nullable=False),
    sa.Column('person_id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('place', sa.Enum('outside', 'lobby', 'joint', 'caucus', 'removed', name='place', native_enum=False, length=40), nullable=False),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('device', sa.String(length=60), nullable=False),
    sa.Column('hand', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_seat_meeting_id_meeting')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat')),
    sa.UniqueConstraint('meeting_id', 'identity', name=op.f('uq_seat_meeting_id_identity'))
    )
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_meeting_id'), ['meeting_id'], unique=False)

    op.create_table('signed',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('version_id', sa.String(), nullable=False),
    sa.Column('field', sa.String(length=20), nullable=False),
    sa.Column('person_id', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['version_id'], ['version.id'], name=op.f('fk_signed_version_id_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signed')),
    sa.UniqueConstraint('version_id', 'field', name=op.f('uq_signed_version_id_field'))
    )
    with op.batch_alter_table('signed', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_signed_version_id'), ['version_id'], unique=False)

    op.create_table('joining',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('confirmation_id', sa.String(), nullable=False),
    sa.Column('party_id', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['confirmation_id'], ['confirmation.id'], name=op.f('fk_joining_confirmation_id_confirmation')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_joining_party_id_party')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_joining')),
    sa.UniqueConstraint('confirmation_id', 'party_id', name=op.f('uq_joining_confirmation_id_party_id'))
    )
    with op.batch_alter_table('joining', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_joining_confirmation_id'), ['confirmation_id'], unique=False)

    op.create_table('ruling',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('confirmation_id', sa.String(), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('ground', sa.Text(), nullable=False),
    sa.Column('judge_id', sa.String(length=40), nullable=False),
    sa.Column('verify_code', sa.String(length=20), nullable=False),
    sa.Column('blob', sa.String(length=64), nullable=False),
    sa.Column('drafted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['confirmation_id'], ['confirmation.id'], name=op.f('fk_ruling_confirmation_id_confirmation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ruling')),
    sa.UniqueConstraint('verify_code', name=op.f('uq_ruling_verify_code'))
    )
    with op.batch_alter_table('ruling', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ruling_confirmation_id'), ['confirmation_id'], unique=False)

    op.create_table('ruling_delivery',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('confirmation_id', sa.String(), nullable=False),
    sa.Column('party_id', sa.String(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['confirmation_id'], ['confirmation.id'], name=op.f('fk_ruling_delivery_confirmation_id_confirmation')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_ruling_delivery_party_id_party')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ruling_delivery')),
    sa.UniqueConstraint('confirmation_id', 'party_id', name=op.f('uq_ruling_delivery_confirmation_id_party_id'))
    )
    with op.batch_alter_table('ruling_delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ruling_delivery_confirmation_id'), ['confirmation_id'], unique=False)

   


def downgrade() -> None:
    """Take back."""
   
    with op.batch_alter_table('ruling_delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ruling_delivery_confirmation_id'))

    op.drop_table('ruling_delivery')
    with op.batch_alter_table('ruling', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ruling_confirmation_id'))

    op.drop_table('ruling')
    with op.batch_alter_table('joining', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_joining_confirmation_id'))

    op.drop_table('joining')
    with op.batch_alter_table('signed', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_signed_version_id'))

    op.drop_table('signed')
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_seat_meeting_id'))

    op.drop_table('seat')
    with op.batch_alter_table('one_time_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_one_time_code_invitation_id'))

    op.drop_table('one_time_code')
    with op.batch_alter_table('minute_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_minute_line_meeting_id'))

    op.drop_table('minute_line')
    with op.batch_alter_table('confirmation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_confirmation_state'))
        batch_op.drop_index(batch_op.f('ix_confirmation_court_id'))
        batch_op.drop_index(batch_op.f('ix_confirmation_case_id'))

    op.drop_table('confirmation')
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_meeting_id'))

    op.drop_table('attendance')
    with op.batch_alter_table('version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_version_case_id'))
        batch_op.drop_index(batch_op.f('ix_version_agreement_id'))

    op.drop_table('version')
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_meeting_case_id'))

    op.drop_table('meeting')
    op.drop_table('login')
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invitation_party_id'))
        batch_op.drop_index(batch_op.f('ix_invitation_case_id'))

    op.drop_table('invitation')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_consent_case_id'))

    op.drop_table('consent')
    with op.batch_alter_table('clause', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clause_agreement_id'))

    op.drop_table('clause')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attachment_case_id'))

    op.drop_table('attachment')
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_party_case_id'))

    op.drop_table('party')
    with op.batch_alter_table('held_certificate', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_held_certificate_holder'))
        batch_op.drop_index(batch_op.f('ix_held_certificate_case_id'))

    op.drop_table('held_certificate')
    with op.batch_alter_table('conflict_answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_conflict_answer_case_id'))

    op.drop_table('conflict_answer')
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attempt_delivery_id'))

    op.drop_table('attempt')
    op.drop_table('application')
    op.drop_table('agreement')
    op.drop_table('passkey_challenge')
    with op.batch_alter_table('passkey', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_passkey_user_id'))

    op.drop_table('passkey')
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_membership_user_id'))
        batch_op.drop_index(batch_op.f('ix_membership_organization_id'))

    op.drop_table('membership')
    with op.batch_alter_table('dispute_case', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_dispute_case_state'))
        batch_op.drop_index(batch_op.f('ix_dispute_case_reporter_id'))
        batch_op.drop_index(batch_op.f('ix_dispute_case_mediator_id'))
        batch_op.drop_index(batch_op.f('ix_dispute_case_court_id'))
        batch_op.drop_index(batch_op.f('ix_dispute_case_committee_id'))

    op.drop_table('dispute_case')
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_state'))
        batch_op.drop_index(batch_op.f('ix_delivery_case_id'))

    op.drop_table('delivery')
    op.drop_table('user_account')
    with op.batch_alter_table('signing_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_signing_request_subject'))

    op.drop_table('signing_request')
    op.drop_table('room_event')
    op.drop_table('register')
    with op.batch_alter_table('outbox_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outbox_event_case_id'))

    op.drop_table('outbox_event')
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_organization_path'))

    op.drop_table('organization')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_state'))
        batch_op.drop_index(batch_op.f('ix_message_case_id'))

    op.drop_table('message')
    op.drop_table('key_challenge')
    op.drop_table('endpoint')
    op.drop_table('court_hook')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_chain'))

    op.drop_table('audit_entry')
   
