-- SPDX-License-Identifier: MIT
-- The schema of a Poolscope database: one recording in one plain SQLite file.  This file is the only
-- schema; docs/database.md explains it with worked queries.
--
-- Names for users: meta, pool, event, allocation, level, lead, hold, loss, bookmark.  Everything else is the
-- physical layout behind them and may change with user_version.
--
-- Time: INTEGER nanoseconds.  A name ending in _ns is since the Unix epoch (or a duration); `ts`,
-- `requested`, `completed` and `freed` in physical tables are relative to meta 'base_ns', the time of
-- the first event, because a small integer is stored in fewer bytes.
--
-- Event identity: id = pool << 40 | seq.  The rowid is the key, so that (trace, pool, seq) is unique
-- without an index, rows lie in seq order, and a pool's events are one range of ids.

PRAGMA application_id = 1349480300; -- "Pool"
PRAGMA user_version = 5;

CREATE TABLE meta (
	key TEXT PRIMARY KEY,	-- joined_ns (of `attach`), schema, tool, host, command, trace, base_ns, started_ns, ended, note
	value			-- text, or integer where the key ends in _ns
) WITHOUT ROWID;

CREATE TABLE trace (
	trace INTEGER PRIMARY KEY,	-- from 1
	name TEXT NOT NULL UNIQUE,	-- where events come from, such as the session's name
	host TEXT			-- the machine that the events were made on
);

-- One row, rewritten in every commit: its age is the writer's heartbeat.
CREATE TABLE progress (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	events INTEGER NOT NULL,	-- stored
	lost_seq INTEGER NOT NULL,	-- known to be lost from gaps in seq: exact
	lost_told INTEGER NOT NULL,	-- said to be lost by the tracer; may be the same events
	losses INTEGER NOT NULL,	-- rows in loss
	start_ns INTEGER,		-- first event
	end_ns INTEGER,			-- newest event
	committed_ns INTEGER NOT NULL	-- wall time of the last commit
);

CREATE TABLE pool (
	pool INTEGER PRIMARY KEY,	-- number in this file; the trace's own number where that was free
	trace INTEGER NOT NULL,		-- trace.trace
	number INTEGER NOT NULL,	-- the pool's number in its trace
	name TEXT NOT NULL,		-- as the driver named it; '' after a late join
	generation INTEGER,		-- 5, 6: NDIS; 0: any other driver; NULL: unknown (late join)
	buffer_bytes INTEGER,		-- room in one buffer
	base INTEGER,			-- marks in force last: buffers of the base block
	block INTEGER,			-- buffers of one dynamic block
	low INTEGER,			-- available at or below: ask for a block
	high INTEGER,			-- available at or above: a dynamic block may go
	limit_buffers INTEGER,		-- most buffers, live plus pending
	reserve INTEGER,		-- available buffers that are never given away
	max_pending INTEGER,		-- requests in flight at once
	shrink_ticks INTEGER,		-- ticks without a low event before a block may go
	opened_ns INTEGER,		-- pool_open; NULL after a late join
	closed_ns INTEGER,		-- pool_close; NULL while open
	probe_ticks INTEGER,		-- a mark, too: ticks without need before a lead probe; 0: off
	host TEXT,			-- trace.host, here for the reader
	UNIQUE (trace, number)		-- serves the writer: which pool is this event's
);

-- Whole-life figures of a pool, rewritten in every commit that touched it: `stat` and the overview
-- read this row and no event.
CREATE TABLE summary (
	pool INTEGER PRIMARY KEY,
	first_ns INTEGER NOT NULL,	-- first stored event
	last_ns INTEGER NOT NULL,	-- newest stored event
	events INTEGER NOT NULL,
	next_seq INTEGER NOT NULL,	-- the seq expected next; what is below is stored or in loss
	requested INTEGER NOT NULL,	-- running totals derived from the events
	refused INTEGER NOT NULL,
	completed INTEGER NOT NULL,	-- callbacks with memory
	failed INTEGER NOT NULL,	-- callbacks without
	freed INTEGER NOT NULL,		-- dynamic blocks freed, for whatever reason
	taken INTEGER NOT NULL,		-- buffers indicated, RESOURCES ones included
	returned INTEGER NOT NULL,
	resources INTEGER NOT NULL,	-- buffers indicated RESOURCES
	dropped INTEGER NOT NULL,	-- frames without a descriptor
	pending INTEGER NOT NULL,	-- requests in flight now
	live_blocks INTEGER NOT NULL,	-- base block included
	available INTEGER,		-- now; NULL: the program does not know
	total INTEGER,			-- now; NULL as above
	fallback INTEGER NOT NULL,	-- 1: the RESOURCES state is on
	available_min INTEGER,		-- over the working life (docs/database.md); NULL before it
	available_mean REAL,		-- time-weighted
	available_max INTEGER,
	total_min INTEGER,
	total_mean REAL,
	total_max INTEGER,
	low_crossings INTEGER,		-- available went from above low to low or below; NULL: no marks
	high_crossings INTEGER,		-- available went from below high to high or above; NULL as above
	lead_max_ns INTEGER NOT NULL,
	lead_histogram BLOB,		-- pairs of LEB128 numbers: bins skipped, count (docs/database.md)
	hold_max_ns INTEGER NOT NULL,
	hold_histogram BLOB,
	hold_unknown INTEGER NOT NULL,	-- returns whose take is not in the record
	violations INTEGER NOT NULL,
	lost_seq INTEGER NOT NULL,	-- as in progress, of this pool
	lost_told INTEGER NOT NULL,
	audit_ticks INTEGER NOT NULL,	-- ticks compared with the event-derived totals
	audit_mismatches INTEGER NOT NULL, -- ticks that disagreed
	audit_first_ns INTEGER NOT NULL, -- the first that did; 0: none
	identity_checked INTEGER NOT NULL, -- decisions compared with the policy's
	identity_mismatches INTEGER NOT NULL,
	identity_first_ns INTEGER NOT NULL,
	audit_what TEXT,		-- of the first tick that disagreed: the counter, by its name in the event
	audit_said INTEGER,		-- what the driver said there
	audit_counted INTEGER,		-- what the events add up to
	first_seq INTEGER,		-- the record of this pool begins here: what is before was never seen
	kept_seq INTEGER		-- events before this one were dropped by a limit on size or age; 0: none
);

-- Only in recordings with a limit on size or age: what the writer knew of a pool before event seq, from
-- which it goes on when the events before are gone.  Its own memory: of no use to anybody else.
CREATE TABLE state (
	pool INTEGER PRIMARY KEY,
	seq INTEGER NOT NULL,	-- the next event's
	layout TEXT NOT NULL,	-- of the program that wrote it
	state BLOB NOT NULL
);

-- Events: one narrow table a kind; view `event` puts them together.

CREATE TABLE ev_open (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	name TEXT NOT NULL, generation INTEGER, buffer_bytes INTEGER,
	base INTEGER, block INTEGER, low INTEGER, high INTEGER, limit_buffers INTEGER,
	reserve INTEGER, max_pending INTEGER, shrink_ticks INTEGER, probe_ticks INTEGER -- the marks
);
CREATE TABLE ev_tick (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	available INTEGER, total INTEGER, pending INTEGER, fallback INTEGER, running INTEGER,
	requested INTEGER, refused INTEGER, completed INTEGER, failed INTEGER, freed INTEGER,
	taken INTEGER, returned INTEGER, resources INTEGER, dropped INTEGER, -- the driver's totals
	base INTEGER, block INTEGER, low INTEGER, high INTEGER, limit_buffers INTEGER,
	reserve INTEGER, max_pending INTEGER, shrink_ticks INTEGER, probe_ticks INTEGER -- the marks
);
CREATE TABLE ev_request (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	request INTEGER, length_bytes INTEGER, cached INTEGER, irql INTEGER,
	available INTEGER, total INTEGER, pending INTEGER
);
CREATE TABLE ev_refused (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	request INTEGER,
	status INTEGER -- what the call returned
);
CREATE TABLE ev_complete (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	request INTEGER, -- 0: the base block
	block INTEGER, va INTEGER, pa INTEGER, length_bytes INTEGER, irql INTEGER,
	outcome INTEGER, -- enum pool_outcome
	buffers INTEGER, available INTEGER
);
CREATE TABLE ev_free (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	block INTEGER, va INTEGER, pa INTEGER, length_bytes INTEGER,
	reason INTEGER, -- enum pool_free_reason
	buffers INTEGER, available INTEGER
);
-- Nearly all rows of a file are here.
CREATE TABLE ev_rx (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	what INTEGER NOT NULL,	-- bit 0: return, else take; bit 1: ids of 4 bytes, else 2; bits 2 to 17:
				-- resources; bit 18: the ids are one frame's, else of a frame each
	available INTEGER,	-- NULL: the program does not know
	ids BLOB NOT NULL	-- buffer ids, little-endian
);
CREATE TABLE ev_drop (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	count INTEGER,
	cause INTEGER -- enum pool_drop_cause
);
CREATE TABLE ev_fallback (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	is_on INTEGER, available INTEGER
);
CREATE TABLE ev_violation (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	rule INTEGER, -- the rule's number, R1 = 1
	object INTEGER
);
CREATE TABLE ev_close (
	id INTEGER PRIMARY KEY,
	ts INTEGER NOT NULL,
	requested INTEGER, refused INTEGER, completed INTEGER, failed INTEGER, freed INTEGER,
	taken INTEGER, returned INTEGER, resources INTEGER, dropped INTEGER,
	live_blocks INTEGER, live_buffers INTEGER
);

-- One row a request (request 0: the base block), written at the request, rewritten as it goes on.
CREATE TABLE alloc (
	id INTEGER PRIMARY KEY,	-- pool << 40 | n, in order of the request
	pool INTEGER NOT NULL,
	request INTEGER,	-- NULL: a block that was there before the recording
	requested INTEGER,	-- NULL: the base block, or before the recording
	completed INTEGER,	-- the callback, or the refusal
	freed INTEGER,
	outcome INTEGER,	-- enum pool_outcome; -1 refused; NULL pending, or its end was lost
	reason INTEGER,		-- enum pool_free_reason
	block INTEGER,
	length_bytes INTEGER,
	buffers INTEGER		-- that joined the pool
);
-- Serves query_worst_leads and query_outstanding: what completed in a stretch of time, what never did.
CREATE INDEX alloc_done ON alloc (pool, completed);
-- Serves query_outstanding: the newest block of a number at an instant.
CREATE INDEX alloc_block ON alloc (pool, block, completed) WHERE outcome = 0;

-- Marks for query_held: the buffers held before event seq that were taken before event since_seq, the
-- mark ahead of this one (db/held.h).
CREATE TABLE held (
	pool INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	since_seq INTEGER NOT NULL,
	ts_ns INTEGER NOT NULL,	-- of the newest event before seq
	ids BLOB,		-- pairs of LEB128 numbers: ids skipped, ns since the take; NULL: none
	PRIMARY KEY (pool, seq)
) WITHOUT ROWID;

-- Roll-ups.  tier: log2 of the width in ns (23, 26, 29, 32, 35, 38); bucket: start_ns >> tier.  A bucket
-- without events has no row: the level goes on from the row before.
CREATE TABLE level_row (
	pool INTEGER NOT NULL,
	tier INTEGER NOT NULL,
	bucket INTEGER NOT NULL,
	covered_ns INTEGER,	-- known part of the width; NULL: all of it
	available_min INTEGER, available_mean REAL, available_max INTEGER,
	held_max INTEGER, total_min INTEGER, total_max INTEGER, pending_max INTEGER,
	available INTEGER, total INTEGER, pending INTEGER, -- at the end of the bucket
	flags INTEGER,		-- 1 fallback on at some time; 2 loss inside; 4 loss goes on beyond the end;
				-- 8 fallback on at the end
	low_crossings INTEGER, high_crossings INTEGER,
	requested INTEGER, freed INTEGER,
	failed INTEGER,		-- refused, or completed without memory
	dropped INTEGER, resources INTEGER, taken INTEGER, returned INTEGER,
	events INTEGER,
	lost INTEGER,		-- events lost in a gap that ended here
	PRIMARY KEY (pool, tier, bucket) -- serves query_level: a window of one tier, and the row before it
) WITHOUT ROWID;

CREATE TABLE latency_row (
	pool INTEGER NOT NULL,
	what INTEGER NOT NULL,	-- 0 lead, 1 hold
	tier INTEGER NOT NULL,
	bucket INTEGER NOT NULL,
	count INTEGER NOT NULL,
	p50_ns INTEGER, p90_ns INTEGER, p99_ns INTEGER, p999_ns INTEGER, -- within 1 %
	max_ns INTEGER NOT NULL, -- exact
	histogram BLOB NOT NULL, -- as in summary
	PRIMARY KEY (pool, what, tier, bucket) -- serves query_latency: a window of one tier
) WITHOUT ROWID;

CREATE TABLE loss (
	id INTEGER PRIMARY KEY,
	pool INTEGER,		-- NULL: unknown
	start_ns INTEGER,	-- the losses lie between these two times
	end_ns INTEGER,
	events INTEGER,		-- how many; 0: unknown
	source TEXT,		-- 'seq' gap in seq; 'lttng' the tracer said so; 'truncated' cut off;
				-- 'bad' events that cannot be stored; 'clock' time went back, from
				-- end_ns to start_ns, and no event is lost
	first_seq INTEGER,	-- source 'seq': the first missing one; 'clock': the first too early
	trace INTEGER		-- whose: trace.trace; NULL: a recording of an older Poolscope
);
-- Serves query_level: losses of no known pool inside a window.
CREATE INDEX loss_told ON loss (start_ns) WHERE source <> 'seq';
-- Serves the writer: is a seq that comes late one of those that are missing?
CREATE INDEX loss_gap ON loss (pool, first_seq) WHERE source = 'seq';

-- Instants that somebody who looked at the recording gave a letter; the recorder writes what it finds in
-- FILE-bookmarks, and who looks at a finished recording writes himself (db/bookmark.h).
CREATE TABLE bookmark (
	letter TEXT PRIMARY KEY,	-- a to z
	ts_ns INTEGER NOT NULL,
	pool INTEGER,		-- that was looked at; NULL: none
	view TEXT,		-- that was looked at: 'pool', 'latency' ...
	note TEXT,		-- why it matters; NULL: nobody said
	set_ns INTEGER		-- wall time when it was set
) WITHOUT ROWID;

-- What users may rely on.

CREATE VIEW allocation AS
SELECT pool, request,
	requested + base AS requested_ns, completed + base AS completed_ns, freed + base AS freed_ns,
	CASE outcome WHEN -1 THEN 'refused' WHEN 0 THEN 'used' WHEN 1 THEN 'null'
		WHEN 2 THEN 'wrap_failed' WHEN 3 THEN 'over_limit' WHEN 4 THEN 'late' WHEN 5 THEN 'probe' END AS outcome,
	CASE reason WHEN 0 THEN 'shrink' WHEN 1 THEN 'halt' WHEN 2 THEN 'late'
		WHEN 3 THEN 'over_limit' WHEN 4 THEN 'wrap_failed' WHEN 5 THEN 'probe' END AS reason,
	block, length_bytes, buffers,
	CASE WHEN outcome >= 0 THEN completed - requested END AS lead_ns,
	freed - completed AS life_ns
FROM alloc, (SELECT value AS base FROM meta WHERE key = 'base_ns');

CREATE VIEW level AS
SELECT pool, bucket << tier AS start_ns, 1 << tier AS width_ns,
	available_min, available_mean, available_max, held_max, total, pending_max,
	low_crossings, high_crossings,
	total_min, total_max, requested, freed, failed, dropped, resources, taken, returned,
	events, lost
FROM level_row;

CREATE VIEW lead AS
SELECT pool, bucket << tier AS start_ns, 1 << tier AS width_ns,
	count, p50_ns, p90_ns, p99_ns, p999_ns, max_ns
FROM latency_row WHERE what = 0;

CREATE VIEW hold AS
SELECT pool, bucket << tier AS start_ns, 1 << tier AS width_ns,
	count, p50_ns, p90_ns, p99_ns, p999_ns, max_ns
FROM latency_row WHERE what = 1;

-- All 256 bytes in order: instr(byte, b) - 1 is the value of byte b.
CREATE VIEW bytes AS SELECT
	x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff' AS byte;

-- One row an event.  ORDER BY id is the order of (pool, seq), and does not sort: SQLite merges the
-- tables where no column has another affinity in one of them than in the others, hence each "+".
CREATE VIEW event AS
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns') AS ts_ns, id >> 40 AS pool,
	id & 0xffffffffff AS seq, 'pool_open' AS kind,
	NULL AS available, NULL AS total, NULL AS pending, NULL AS fallback, NULL AS running,
	NULL AS request, NULL AS status, NULL AS cached, NULL AS irql,
	NULL AS block, NULL AS va, NULL AS pa, NULL AS length_bytes, NULL AS outcome,
	NULL AS reason, NULL AS buffers,
	NULL AS resources, NULL AS count, NULL AS cause, NULL AS "on", NULL AS rule,
	NULL AS object, NULL AS live_blocks, NULL AS live_buffers,
	+name AS name, +generation AS generation, +buffer_bytes AS buffer_bytes,
	+base AS base, +block AS block_buffers, +low AS low, +high AS high,
	+limit_buffers AS limit_buffers, +reserve AS reserve, +max_pending AS max_pending,
	+shrink_ticks AS shrink_ticks,
	NULL AS requested, NULL AS refused, NULL AS completed, NULL AS failed, NULL AS freed,
	NULL AS taken, NULL AS returned, NULL AS dropped,
	NULL AS frames,
	+probe_ticks AS probe_ticks,
	id
FROM ev_open
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'tick',
	+available, +total, +pending, +fallback, +running,
	NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	+resources, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL,
	+base, +block, +low, +high, +limit_buffers, +reserve, +max_pending, +shrink_ticks,
	+requested, +refused, +completed, +failed, +freed, +taken, +returned, +dropped,
	NULL,
	+probe_ticks,
	id
FROM ev_tick
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'alloc_request',
	+available, +total, +pending, NULL, NULL,
	+request, NULL, +cached, +irql,
	NULL, NULL, NULL, +length_bytes, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL,
	NULL,
	id
FROM ev_request
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'alloc_refused',
	NULL, NULL, NULL, NULL, NULL,
	+request, +status, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL,
	NULL,
	id
FROM ev_refused
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'alloc_complete',
	+available, NULL, NULL, NULL, NULL,
	+request, NULL, NULL, +irql,
	+block, +va, +pa, +length_bytes,
	CASE outcome WHEN 0 THEN 'used' WHEN 1 THEN 'null' WHEN 2 THEN 'wrap_failed'
		WHEN 3 THEN 'over_limit' WHEN 4 THEN 'late' WHEN 5 THEN 'probe' ELSE '?' END,
	NULL, +buffers,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL,
	NULL,
	id
FROM ev_complete
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'block_free',
	+available, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL,
	+block, +va, +pa, +length_bytes, NULL,
	CASE reason WHEN 0 THEN 'shrink' WHEN 1 THEN 'halt' WHEN 2 THEN 'late'
		WHEN 3 THEN 'over_limit' WHEN 4 THEN 'wrap_failed' WHEN 5 THEN 'probe' ELSE '?' END,
	+buffers,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL,
	NULL,
	id
FROM ev_free
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	CASE what & 1 WHEN 1 THEN 'rx_return' ELSE 'rx_take' END,
	+available, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL,
	coalesce((WITH RECURSIVE n(i) AS (
		SELECT 1 WHERE length(ids) > 0
		UNION ALL
		SELECT i + 2 + (what & 2) FROM n WHERE i + 2 + (what & 2) < length(ids))
	SELECT '[' || group_concat(
		instr(byte, substr(ids, i, 1)) - 1 + (instr(byte, substr(ids, i + 1, 1)) - 1) * 256 +
		CASE what & 2 WHEN 2 THEN (instr(byte, substr(ids, i + 2, 1)) - 1) * 65536 +
			(instr(byte, substr(ids, i + 3, 1)) - 1) * 16777216 ELSE 0 END) || ']'
	FROM n, bytes), '[]'),
	CASE what & 1 WHEN 0 THEN what >> 2 & 0xffff END,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	CASE what & 1 WHEN 0 THEN CASE what >> 18 & 1 WHEN 1 THEN 1
		ELSE length(ids) / (2 + (what & 2)) END END,
	NULL,
	id
FROM ev_rx
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'rx_drop',
	NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, +count, CASE cause WHEN 0 THEN 'no_descriptor' WHEN 1 THEN 'fifo' ELSE '?' END,
	NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL,
	NULL,
	id
FROM ev_drop
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'fallback',
	+available, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, +is_on, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL,
	NULL,
	id
FROM ev_fallback
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'violation',
	NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, +rule, +object, NULL, NULL,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	NULL,
	NULL,
	id
FROM ev_violation
UNION ALL
SELECT ts + (SELECT value FROM meta WHERE key = 'base_ns'), id >> 40, id & 0xffffffffff,
	'pool_close',
	NULL, NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	+resources, NULL, NULL, NULL, NULL, NULL, +live_blocks, +live_buffers,
	NULL, NULL, NULL,
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
	+requested, +refused, +completed, +failed, +freed, +taken, +returned, +dropped,
	NULL,
	NULL,
	id
FROM ev_close;
