/**
 * The first schema. Braces hold what the dialects spell differently: {int} {text} {blob} {serial} {strict}.
 * `realm` is `container/environment`. Never edited after release: the next change is 0002.
 */
export const container = {
  version: 1,
  name: 'container',
  sql: `
CREATE TABLE meta (key {text} PRIMARY KEY, value {text} NOT NULL) {strict};

CREATE TABLE users (
  id {text} PRIMARY KEY,
  name {text} NOT NULL,
  email {text} NOT NULL UNIQUE,
  email_verified {int} NOT NULL DEFAULT 0,
  image {text},
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL,
  discoverable {int} NOT NULL DEFAULT 0,
  disabled_at {int},
  quota_bytes {int},
  quota_zones {int}
) {strict};

CREATE TABLE credentials (
  id {text} PRIMARY KEY,
  user_id {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  account_id {text} NOT NULL,
  provider_id {text} NOT NULL,
  password {text},
  access_token {text},
  refresh_token {text},
  id_token {text},
  access_token_expires_at {int},
  refresh_token_expires_at {int},
  scope {text},
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL
) {strict};
CREATE INDEX credentials_user ON credentials (user_id);
CREATE UNIQUE INDEX credentials_provider ON credentials (provider_id, account_id);

CREATE TABLE sessions (
  id {text} PRIMARY KEY,
  user_id {text} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token {text} NOT NULL UNIQUE,
  kind {text} NOT NULL DEFAULT 'device',
  expires_at {int} NOT NULL,
  ip_address {text},
  user_agent {text},
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL
) {strict};
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE verifications (
  id {text} PRIMARY KEY,
  identifier {text} NOT NULL,
  value {text} NOT NULL,
  expires_at {int} NOT NULL,
  created_at {int} NOT NULL,
  updated_at {int} NOT NULL
) {strict};
CREATE INDEX verifications_identifier ON verifications (identifier);

CREATE TABLE device_codes (
  id {text} PRIMARY KEY,
  device_code {text} NOT NULL UNIQUE,
  user_code {text} NOT NULL UNIQUE,
  user_id {text},
  expires_at {int} NOT NULL,
  status {text} NOT NULL,
  last_polled_at {int},
  polling_interval {int},
  client_id {text},
  scope {text}
) {strict};

CREATE TABLE signup_invitations (
  code_hash {text} PRIMARY KEY,
  email {text},
  created_at {int} NOT NULL,
  expires_at {int} NOT NULL,
  used_by {text}
) {strict};

CREATE TABLE rate_limits (
  key {text} PRIMARY KEY,
  window_start {int} NOT NULL,
  count {int} NOT NULL
) {strict};

CREATE TABLE idempotency (
  user_name {text} NOT NULL,
  key {text} NOT NULL,
  fingerprint {text} NOT NULL,
  status {int} NOT NULL,
  body {text} NOT NULL,
  created_at {int} NOT NULL,
  PRIMARY KEY (user_name, key)
) {strict};
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE owners (
  realm {text} NOT NULL,
  user_name {text} NOT NULL,
  seq {int} NOT NULL,
  bytes {int} NOT NULL DEFAULT 0,
  PRIMARY KEY (realm, user_name)
) {strict};

CREATE TABLE viewers (
  realm {text} NOT NULL,
  user_name {text} NOT NULL,
  view_seq {int} NOT NULL DEFAULT 0,
  event_seq {int} NOT NULL DEFAULT 0,
  streams_until {int} NOT NULL DEFAULT 0,
  polls_until {int} NOT NULL DEFAULT 0,
  PRIMARY KEY (realm, user_name)
) {strict};

CREATE TABLE zones (
  zone_id {serial},
  realm {text} NOT NULL,
  owner {text} NOT NULL,
  name {text} NOT NULL,
  incarnation {text} NOT NULL,
  is_default {int} NOT NULL DEFAULT 0,
  last_seq {int} NOT NULL,
  purged_seq {int} NOT NULL DEFAULT 0,
  deleted_at {int},
  key_id {text},
  key_version {int}
) {strict};
CREATE UNIQUE INDEX zones_name ON zones (realm, owner, name) WHERE deleted_at IS NULL;
CREATE INDEX zones_feed ON zones (realm, owner, last_seq);

CREATE TABLE records (
  zone_id {int} NOT NULL,
  record_name {text} NOT NULL,
  record_type {text} NOT NULL,
  tag {text} NOT NULL,
  seq {int} NOT NULL,
  fields {text} NOT NULL,
  parent {text},
  flags {int} NOT NULL,
  deleted {int} NOT NULL,
  created_at {int} NOT NULL,
  created_by {text} NOT NULL,
  created_device {text},
  modified_at {int} NOT NULL,
  modified_by {text} NOT NULL,
  modified_device {text},
  PRIMARY KEY (zone_id, record_name)
) {strict};
CREATE UNIQUE INDEX records_feed ON records (zone_id, seq);
CREATE INDEX records_tombstones ON records (modified_at) WHERE deleted = 1;

CREATE TABLE record_refs (
  zone_id {int} NOT NULL,
  source {text} NOT NULL,
  target {text} NOT NULL,
  action {text} NOT NULL,
  PRIMARY KEY (zone_id, source, target, action)
) {strict};
CREATE INDEX record_refs_target ON record_refs (zone_id, target);

CREATE TABLE record_assets (
  zone_id {int} NOT NULL,
  record_name {text} NOT NULL,
  field {text} NOT NULL,
  position {int} NOT NULL,
  owner {text} NOT NULL,
  sha256 {text} NOT NULL,
  size {int} NOT NULL,
  PRIMARY KEY (zone_id, record_name, field, position)
) {strict};
CREATE INDEX record_assets_blob ON record_assets (sha256);

CREATE TABLE owner_assets (
  realm {text} NOT NULL,
  owner {text} NOT NULL,
  sha256 {text} NOT NULL,
  size {int} NOT NULL,
  refs {int} NOT NULL,
  PRIMARY KEY (realm, owner, sha256)
) {strict};

CREATE TABLE blobs (
  sha256 {text} PRIMARY KEY,
  size {int} NOT NULL,
  created_at {int} NOT NULL,
  key_id {text},
  key_version {int}
) {strict};

CREATE TABLE uploads (
  upload_id {text} PRIMARY KEY,
  realm {text} NOT NULL,
  user_name {text} NOT NULL,
  zone_id {int} NOT NULL,
  record_name {text} NOT NULL,
  field_name {text} NOT NULL,
  size {int},
  sha256 {text},
  received {int} NOT NULL DEFAULT 0,
  resumable {int} NOT NULL DEFAULT 0,
  state {text} NOT NULL,
  expires_at {int} NOT NULL
) {strict};
CREATE INDEX uploads_blob ON uploads (sha256);
CREATE INDEX uploads_expiry ON uploads (expires_at);

CREATE TABLE shares (
  zone_id {int} PRIMARY KEY,
  short_guid {text} NOT NULL UNIQUE,
  public_permission {text} NOT NULL,
  public_rights {text} NOT NULL,
  deny_access_requests {int} NOT NULL DEFAULT 0,
  departure_rule {text} NOT NULL,
  ends_at {int}
) {strict};
CREATE INDEX shares_end ON shares (ends_at);

CREATE TABLE participants (
  participant_id {text} PRIMARY KEY,
  zone_id {int} NOT NULL,
  user_name {text},
  email {text},
  status {text} NOT NULL,
  rights {text} NOT NULL,
  public_user {int} NOT NULL DEFAULT 0,
  invited_by {text},
  invited_at {int},
  joined_by_link {text},
  position {int} NOT NULL
) {strict};
CREATE INDEX participants_zone ON participants (zone_id);
CREATE INDEX participants_user ON participants (user_name);
CREATE INDEX participants_email ON participants (email);

CREATE TABLE views (
  realm {text} NOT NULL,
  user_name {text} NOT NULL,
  zone_id {int} NOT NULL,
  seq {int} NOT NULL,
  zone_seq {int} NOT NULL,
  gone_reason {text},
  PRIMARY KEY (realm, user_name, zone_id)
) {strict};
CREATE INDEX views_feed ON views (realm, user_name, seq);
CREATE INDEX views_zone ON views (zone_id);

CREATE TABLE links (
  link_id {text} PRIMARY KEY,
  zone_id {int} NOT NULL,
  short_guid {text} NOT NULL UNIQUE,
  secret_hash {text} NOT NULL,
  password_hash {text},
  role {text} NOT NULL,
  expires_at {int},
  max_uses {int},
  use_count {int} NOT NULL DEFAULT 0,
  label {text},
  revoked_at {int},
  created_at {int} NOT NULL,
  created_by {text} NOT NULL
) {strict};
CREATE INDEX links_zone ON links (zone_id);

CREATE TABLE access_requests (
  request_id {text} PRIMARY KEY,
  zone_id {int} NOT NULL,
  user_name {text} NOT NULL,
  message {text},
  created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX access_requests_user ON access_requests (zone_id, user_name);

CREATE TABLE subscriptions (
  realm {text} NOT NULL,
  user_name {text} NOT NULL,
  scope {text} NOT NULL,
  subscription_id {text} NOT NULL,
  kind {text} NOT NULL,
  fingerprint {text} NOT NULL,
  body {text} NOT NULL,
  PRIMARY KEY (realm, user_name, scope, subscription_id)
) {strict};

CREATE TABLE device_tokens (
  poll_hash {text} PRIMARY KEY,
  token_hash {text} NOT NULL,
  realm {text} NOT NULL,
  user_name {text} NOT NULL,
  session_id {text} NOT NULL,
  cursor {int} NOT NULL,
  expires_at {int} NOT NULL
) {strict};
CREATE INDEX device_tokens_token ON device_tokens (token_hash);

CREATE TABLE push_events (
  realm {text} NOT NULL,
  user_name {text} NOT NULL,
  event_seq {int} NOT NULL,
  channel {text} NOT NULL,
  origin {text} NOT NULL,
  payload {text} NOT NULL,
  PRIMARY KEY (realm, user_name, event_seq)
) {strict};

CREATE TABLE schema_fields (
  realm {text} NOT NULL,
  record_type {text} NOT NULL,
  field_name {text} NOT NULL,
  field_type {text} NOT NULL,
  PRIMARY KEY (realm, record_type, field_name)
) {strict};
`,
} as const;
