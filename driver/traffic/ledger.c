/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "driver/traffic/ledger.h"

struct entry {
	uint64_t digest;
	uint32_t len_bytes;
};

struct ledger {
	pthread_mutex_t mutex;
	uint64_t head, tail; /* run free; from head on is on its way */
	struct entry entries[LEDGER_FRAMES];
};

struct ledger *ledger_open(void)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger != NULL)
		pthread_mutex_init(&ledger->mutex, NULL);
	return ledger;
}

void ledger_close(struct ledger *ledger)
{
	pthread_mutex_destroy(&ledger->mutex);
	free(ledger);
}

/* For a given state each word gives another result, and for a given word each state. */
static uint64_t mix(uint64_t state, uint64_t word)
{
	state = (state ^ word) * 0x9e3779b97f4a7c15u;
	return state ^ (state >> 29);
}

uint64_t ledger_digest(uint64_t state, const uint8_t *bytes, uint32_t len_bytes)
{
	uint64_t word;
	uint32_t at = 0;

	for (; at + sizeof(word) <= len_bytes; at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		state = mix(state, word);
	}
	if (at < len_bytes) {
		word = 0;
		memcpy(&word, bytes + at, len_bytes - at);
		state = mix(state, word);
	}
	return state;
}

void ledger_enter(struct ledger *ledger, const uint8_t *bytes, uint32_t len_bytes)
{
	struct entry entry = {ledger_digest(0, bytes, len_bytes), len_bytes};

	pthread_mutex_lock(&ledger->mutex);
	ledger->entries[ledger->tail++ % LEDGER_FRAMES] = entry;
	if (ledger->tail - ledger->head > LEDGER_FRAMES)
		ledger->head++;
	pthread_mutex_unlock(&ledger->mutex);
}

void ledger_retract(struct ledger *ledger)
{
	pthread_mutex_lock(&ledger->mutex);
	if (ledger->tail != ledger->head)
		ledger->tail--;
	pthread_mutex_unlock(&ledger->mutex);
}

bool ledger_match(struct ledger *ledger, uint64_t digest, uint32_t len_bytes)
{
	bool found = false;

	pthread_mutex_lock(&ledger->mutex);
	for (uint64_t i = ledger->head; i != ledger->tail && !found; i++) {
		const struct entry *entry = &ledger->entries[i % LEDGER_FRAMES];

		found = entry->digest == digest && entry->len_bytes == len_bytes;
		if (found)
			ledger->head = i + 1;
	}
	pthread_mutex_unlock(&ledger->mutex);
	return found;
}
