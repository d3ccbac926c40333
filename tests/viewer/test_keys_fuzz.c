/* SPDX-License-Identifier: MIT */
/*
 * Any key, click and size in any order, over recordings of several kinds: no crash, no leak, and
 * every screen is whole.  KEYS_RUNS and KEYS_SEED choose more of them, or others; a failure prints
 * both.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/store.h"
#include "tests/db/sim.h"
#include "viewer/view.h"

#define START_NS INT64_C(1700000000000000000)

static char folder[] = "/tmp/poolscope-keys-XXXXXX";
static struct db_error err;
static unsigned long runs = 5000, seed = 1, step;
static uint64_t random_state;

static unsigned below(unsigned n)
{
	return (unsigned)(sim_random(&random_state) % n);
}

/* --- recordings ------------------------------------------------------------------------------- */

static void store_event(const struct pool_event *event, void *ctx)
{
	assert_int_equal(store_append(ctx, event), 0);
}

static struct sim_config config_of(uint32_t pool, const char *name, double rate)
{
	return (struct sim_config){
		.pool = pool,
		.name = name,
		.marks = {128, 64, 48, 160, 512, 8, 1, 5},
		.seed = 3 + pool,
		.start_ns = START_NS,
		.rate = rate,
		.hold_ns = 4e6,
		.lead_ns = 3e6,
		.refuse = 0.02,
		.fail = 0.1,
	};
}

/* A recording of pools with such names; one that ended badly has no pool_close. */
static void make(const char *file, int nr, const char *const *names, double rate, bool whole)
{
	const struct store_options store_options = {.trace = "fixed"};
	struct store *store;
	struct sim sims[4];

	if (store_open(file, &store_options, &store, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < nr; i++) {
		struct sim_config config = config_of((uint32_t)i, names[i], rate);

		sim_open(&sims[i], &config, store_event, store);
		sim_run(&sims[i], START_NS + 1500000000);
		if (whole)
			sim_close(&sims[i]);
		else
			sim_drop(&sims[i]);
	}
	if (!whole)
		store_loss(store, 0, -1, START_NS + 500000000, START_NS + 600000000, 7, "lttng");
	assert_int_equal(
		store_close(store, whole ? STORE_END_COMPLETE : STORE_END_PROGRAM_DIED, NULL, &err),
		0);
}

static const char *const files[] = {"plain.db", "wide.db", "cut.db", "empty.db"};

static int make_all(void **state)
{
	static const char *const plain[] = {"eth0", "eth1"};
	static const char *const wide[] = {"受信プール受信プール", "e\xcc\x81\xcc\xa3t", "",
					   "\x1b[2J\xff"};

	if (getenv("KEYS_RUNS"))
		runs = strtoul(getenv("KEYS_RUNS"), NULL, 10);
	if (getenv("KEYS_SEED"))
		seed = strtoul(getenv("KEYS_SEED"), NULL, 10);
	/* Screens are saved where the viewer stands. */
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	make("plain.db", 2, plain, 40000, true);
	make("wide.db", 4, wide, 5000, true);
	make("cut.db", 2, plain, 20000, false);
	make("empty.db", 0, NULL, 0, true);
	return 0;
}

static int remove_all(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlink(entry->d_name);
	closedir(dir);
	return chdir("/") || rmdir(folder);
}

/* --- what a mad user does --------------------------------------------------------------------- */

static int bound_key(void)
{
	const struct view_ops *ops = view_of(1 + (int)below(VIEW_MAX));
	const struct key_binding *table;
	size_t nr;
	int k;

	table = keys_table(&nr);
	if (ops && ops->nr_keys && below(3) == 0) {
		table = ops->keys;
		nr = ops->nr_keys;
	}
	table += below((unsigned)nr);
	for (k = 0; k < KEYS_MAX && table->keys[k];)
		k++;
	return table->keys[below((unsigned)k)];
}

static void press_key(struct app *app)
{
	switch (below(8)) {
	case 0:
		app_key(app, '1' + (int)below(9));
		break;
	case 1:
		app_key(app, ' ' + (int)below(95));
		break;
	case 2:
		app_key(app, (int)below(KEY_CODE_END_OF_CODES + 20));
		break;
	default:
		app_key(app, bound_key());
	}
}

static void use_mouse(struct app *app, const struct canvas *canvas)
{
	const struct mouse mouse = {.kind = (enum mouse_kind)below(MOUSE_WHEEL_DOWN + 1),
				    .x = (int)below((unsigned)canvas->width + 4) - 2,
				    .y = (int)below((unsigned)canvas->height + 4) - 2};

	app_mouse(app, &mouse);
}

/* Lines that mean something: by chance alone they would never come. */
static void type_line(struct app *app)
{
	static const char *const lines[] = {
		":goto -5s",
		":goto 22:13:20.5",
		":goto 99%",
		":zoom 3us",
		":zoom 5h",
		":zoom all",
		":mark A start",
		":mark B end",
		":unmark",
		":pool eth1",
		":sort drops",
		":speed 10000",
		":speed 0.001",
		":jump drop",
		":theme light",
		":view pool",
		":reopen",
		":bookmark a why it matters",
		":bookmark z",
		":bookmarks",
		":unmark a",
		"ma",
		"mz",
		"'a",
		"'z",
		"''",
		"'A",
		":nonsense",
		"/alloc",
		";select 1",
		";select * from event",
		";select nonsense",
		";select 'a', char(27), null, 1e300, x'00ff'",
		"fdrop",
		":goto 2500000000000000000",
		":goto start",
		":help",
		":save /nowhere/x",
		"f",
		"flead>1ms",
		"foutcome=null !tick",
		"fpool=eth1 rx",
		"fall",
		"fnonsense=5",
		"/available>10",
		"/no_descriptor",
		"/nothing has that",
	};
	const char *line = lines[below(sizeof(lines) / sizeof(lines[0]))];

	app_key(app, KEY_CODE_ESCAPE); /* what was typed before */
	for (; *line; line++)
		app_key(app, *line);
	app_key(app, below(8) ? KEY_CODE_ENTER : KEY_CODE_ESCAPE);
}

static void resize(struct canvas *canvas)
{
	static const struct {
		int width, height;
	} usual[] = {{80, 24}, {120, 40}, {200, 50}, {76, 20}, {79, 23}};
	unsigned i = below(12);

	if (i < 5)
		assert_int_equal(canvas_resize(canvas, usual[i].width, usual[i].height), 0);
	else
		assert_int_equal(canvas_resize(canvas, 1 + (int)below(250), 1 + (int)below(70)), 0);
}

/* A wide character has both its halves, and nothing is there that could drive a terminal. */
static void check_screen(const struct canvas *canvas)
{
	for (int i = 0; i < canvas->width * canvas->height; i++) {
		const struct cell *cell = &canvas->cells[i];

		if (cell->ch == 0 && (i % canvas->width == 0 || wcwidth(cell[-1].ch) != 2))
			fail_msg("half a character at %d,%d", i % canvas->width, i / canvas->width);
		if (cell->ch && (cell->ch < ' ' || (cell->ch >= 0x7f && cell->ch < 0xa0)))
			fail_msg("control character %d at %d,%d", (int)cell->ch, i % canvas->width,
				 i / canvas->width);
		assert_true(cell->style.fg < NR_INKS && cell->style.bg < NR_INKS);
	}
}

static void go_mad(const struct viewer_options *options, unsigned long steps)
{
	struct canvas canvas;
	struct app app;

	if (app_init(&app, options, &err))
		fail_msg("%s", err.text);
	assert_int_equal(canvas_init(&canvas, 80, 24), 0);
	for (unsigned long i = 0; i < steps && !app.quit; i++, step++) {
		unsigned what = below(20);

		if (what == 0)
			resize(&canvas);
		else if (what == 1)
			type_line(&app);
		else if (what <= 4)
			use_mouse(&app, &canvas);
		else if (what == 5)
			app_tick(&app, below(2000) * INT64_C(1000000));
		else if (what == 6)
			app_refresh(&app);
		else
			press_key(&app);
		app_draw(&app, &canvas);
		check_screen(&canvas);
		if (below(4))
			app_work(&app);
	}
	canvas_release(&canvas);
	app_release(&app);
}

static void random_keys_clicks_and_sizes_do_no_harm(void **state)
{
	print_message("KEYS_SEED=%lu KEYS_RUNS=%lu\n", seed, runs);
	random_state = seed;
	while (step < runs) {
		struct viewer_options options = {
			.path = files[below(sizeof(files) / sizeof(files[0]))],
			.chars = (enum viewer_chars)(1 + below(3)),
			.color = below(2) ? VIEWER_COLOR_ALWAYS : VIEWER_COLOR_NEVER,
			.play = below(8) == 0,
			.view = (enum viewer_view)below(VIEW_MAX + 1),
		};
		unsigned long steps = 200 + below(400);

		go_mad(&options, runs - step < steps ? runs - step : steps);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_keys_clicks_and_sizes_do_no_harm),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, make_all, remove_all);
}
