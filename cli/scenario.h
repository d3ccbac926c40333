/* SPDX-License-Identifier: MIT */
#ifndef CLI_SCENARIO_H
#define CLI_SCENARIO_H
/* What the demo can show: each scenario is a set of refnic's options. */

struct scenario {
	const char *name, *what;
	const char *args[12]; /* ends at NULL */
};

/* Returns: the scenario of that name, the default one for NULL, or NULL when there is none. */
const struct scenario *scenario_find(const char *name);

/* Prints them to stdout: name, what it shows, and the options it stands for. */
void scenario_list(void);

#endif
