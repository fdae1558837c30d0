"""Layouts: the tables of control.sqlite, and the steps that bring an older corpus to them, one transaction for all."""

from __future__ import annotations

import sqlite3

FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE inputs (
    input INTEGER PRIMARY KEY, path TEXT NOT NULL, fingerprint TEXT NOT NULL, bytes INTEGER NOT NULL,
    documents INTEGER NOT NULL, rejected INTEGER NOT NULL, quarantine TEXT, recipe TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE parts (
    part INTEGER PRIMARY KEY, input INTEGER NOT NULL, path TEXT NOT NULL, first_id INTEGER NOT NULL,
    documents INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE facets (name TEXT PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE runs (
    run TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, recipe TEXT NOT NULL, columns TEXT NOT NULL,
    extra TEXT NOT NULL DEFAULT '{}', current INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL);
CREATE TABLE run_parts (
    run TEXT NOT NULL, part INTEGER NOT NULL, path TEXT NOT NULL, documents INTEGER NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (run, part));
CREATE TABLE label_schemas (name TEXT PRIMARY KEY, schema TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE label_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, at TEXT NOT NULL, who TEXT NOT NULL,
    schema TEXT NOT NULL, doc_id INTEGER NOT NULL, value TEXT, undoes INTEGER, seconds REAL);
CREATE INDEX label_events_doc ON label_events (schema, doc_id);
CREATE INDEX label_events_undoes ON label_events (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX label_events_who ON label_events (schema, who, seq);
CREATE TABLE cluster_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, at TEXT NOT NULL, who TEXT NOT NULL,
    run TEXT NOT NULL, event TEXT NOT NULL, undoes INTEGER);
CREATE TABLE selections (
    name TEXT PRIMARY KEY, path TEXT NOT NULL, recipe TEXT NOT NULL, summary TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE jobs (
    job INTEGER PRIMARY KEY AUTOINCREMENT, verb TEXT NOT NULL, recipe TEXT NOT NULL, state TEXT NOT NULL,
    stage TEXT NOT NULL DEFAULT '', done REAL NOT NULL DEFAULT 0, total REAL NOT NULL DEFAULT 0,
    unit TEXT NOT NULL DEFAULT '', process TEXT NOT NULL DEFAULT '', cancel INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL, started TEXT, updated TEXT, finished TEXT, result TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '');
CREATE TABLE views (name TEXT PRIMARY KEY, query TEXT NOT NULL, created TEXT NOT NULL);
"""
"""Layout 1, the tables as they were first released."""

CHECKSUMS = """
ALTER TABLE parts ADD COLUMN checksum TEXT NOT NULL DEFAULT '';
ALTER TABLE run_parts ADD COLUMN checksum TEXT NOT NULL DEFAULT '';
ALTER TABLE selections ADD COLUMN checksum TEXT NOT NULL DEFAULT '';
"""

LABEL_ROLES = """
ALTER TABLE label_events ADD COLUMN other INTEGER;
ALTER TABLE label_events ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE label_events ADD COLUMN batch TEXT NOT NULL DEFAULT '';
"""

PEOPLE = """
CREATE TABLE people (name TEXT PRIMARY KEY, role TEXT NOT NULL, token TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
CREATE TRIGGER audit_unshortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END;
"""

JOB_STAGES = """
ALTER TABLE jobs ADD COLUMN stage_started TEXT;
"""

PAIRS = """
CREATE INDEX label_events_other ON label_events (other) WHERE other IS NOT NULL;
"""

STEPS: tuple[str, ...] = (FIRST, CHECKSUMS, LABEL_ROLES, PEOPLE, JOB_STAGES, PAIRS)
"""Step i makes layout i + 1 of layout i. A released step never changes: new tables and columns are a new step at the end.

What a step adds must suit rows that older programs wrote: a default, or an empty table.
"""

LAYOUT = len(STEPS)


def advance(connection: sqlite3.Connection, layout: int) -> None:
    """Take a control file from a layout (0: no tables yet) to the newest, inside the caller's transaction."""
    for step in STEPS[layout:]:
        for statement in step.split(";\n"):
            connection.execute(statement)
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('layout', ?)", (str(LAYOUT),))
