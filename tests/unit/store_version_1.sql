R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES('salt', randomblob(16)), ('probe', 0), ('dedupe_merged', 0), ('last_seq', 0);

CREATE TABLE events(
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL, dedupe BLOB, body_hash BLOB NOT NULL,
    source TEXT NOT NULL, plugin TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL,
    dedupe_key TEXT NOT NULL, ordering_key TEXT NOT NULL,
    received_at INTEGER NOT NULL, occurred_at INTEGER, status INTEGER NOT NULL, due INTEGER NOT NULL,
    flags INTEGER NOT NULL, duplicates INTEGER NOT NULL, fetch_attempts INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE UNIQUE INDEX events_id ON events(id);
CREATE INDEX events_received ON events(received_at);
CREATE INDEX events_source ON events(source, received_at);
CREATE INDEX events_new ON events(source, seq, received_at, status) WHERE status = 0;
CREATE INDEX events_fetching ON events(source, due, received_at, status) WHERE status = 1;
CREATE INDEX events_waiting_by_key ON events(source, ordering_key, seq) WHERE status <= 1 AND ordering_key <> '';
CREATE INDEX events_dead ON events(received_at) WHERE status = 4;
CREATE INDEX events_conflict ON events(received_at) WHERE status = 5;

CREATE TABLE requests(
    seq INTEGER PRIMARY KEY, method TEXT NOT NULL, target TEXT NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL, remote TEXT NOT NULL);
CREATE TABLE documents(
    seq INTEGER PRIMARY KEY, content_type TEXT NOT NULL, body BLOB NOT NULL, fetched_at INTEGER NOT NULL, gone INTEGER NOT NULL);
CREATE TABLE dedupe(key BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE deliveries(
    id BLOB PRIMARY KEY, event INTEGER NOT NULL, destination TEXT NOT NULL, status INTEGER NOT NULL,
    attempts INTEGER NOT NULL, total INTEGER NOT NULL, next_at INTEGER, created_at INTEGER NOT NULL, finished_at INTEGER,
    last_outcome TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX deliveries_event ON deliveries(event, status);
CREATE INDEX deliveries_created ON deliveries(created_at);
CREATE INDEX deliveries_pending ON deliveries(destination, next_at, created_at, status) WHERE status = 0;
CREATE INDEX deliveries_dead ON deliveries(created_at) WHERE status = 2;
CREATE TABLE attempts(
    delivery BLOB NOT NULL, id BLOB NOT NULL, started_at INTEGER NOT NULL, duration INTEGER NOT NULL, status INTEGER NOT NULL,
    outcome TEXT NOT NULL, error TEXT NOT NULL, response BLOB NOT NULL, PRIMARY KEY(delivery, id)) WITHOUT ROWID;

CREATE TABLE refused(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, source TEXT NOT NULL, plugin TEXT NOT NULL, reason TEXT NOT NULL,
    hint TEXT NOT NULL, received_at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    method TEXT NOT NULL, target TEXT NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL, remote TEXT NOT NULL);
CREATE INDEX refused_received ON refused(received_at);

CREATE TABLE state(scope TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(scope, key)) WITHOUT ROWID;

UPDATE meta SET value = x'00000000000000000000000000000001' WHERE key = 'salt';
INSERT INTO events VALUES(7, x'019b76daa80070008000000000000001', x'bba04661245513a4279ed176fa2eb3ec', x'44136fa355b3678a1146ad16f7e8649e', 'bank', 'acme', 'user.created', 'u', 'k', '',
    1767225600000, NULL, 0, 1767225600000, 0, 0, 0, '');
INSERT INTO requests VALUES(7, 'POST', '/hooks/bank', '', x'7b7d', '127.0.0.1:1');
PRAGMA application_id = 1198811251;
PRAGMA user_version = 1;
)sql"
