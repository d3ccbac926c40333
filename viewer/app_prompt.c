/* SPDX-License-Identifier: MIT */
/* Lines that are typed, and who gets them; declared in app.h. */
#include "viewer/command.h"
#include "viewer/view.h"

void app_ask(struct app *app, enum prompt_kind kind, const char *text)
{
	prompt_open(&app->prompt, kind, text);
}

/* Returns: true when the view knows what to do with such a line. */
static bool hand_over(struct app *app, enum prompt_kind kind, const char *text, bool typing)
{
	const struct view_ops *ops = view_of(app->view);

	return ops->prompt && ops->prompt(app, app->state[app->view], kind, text, typing);
}

void app_prompt_key(struct app *app, int key)
{
	enum prompt_kind kind = app->prompt.kind;
	enum prompt_news news = prompt_key(&app->prompt, key);

	if (kind == PROMPT_SQL) {
		if (news == PROMPT_DONE && app->prompt.text[0]) {
			app->help = false;
			app_open(app, VIEWER_VIEW_SQL);
			hand_over(app, kind, app->prompt.text, false);
		}
		return;
	}
	if (kind == PROMPT_COMMAND) {
		if (news == PROMPT_DONE)
			command_run(app, app->prompt.text);
		return;
	}
	if (news == PROMPT_CHANGED)
		hand_over(app, kind, app->prompt.text, true);
	else if (news == PROMPT_DONE)
		hand_over(app, kind, app->prompt.text, false);
	else if (news == PROMPT_GIVEN_UP)
		hand_over(app, kind, NULL, false);
}

/* A prompt is only opened where somebody listens. */
static void ask_view(struct app *app, enum prompt_kind kind, const char *what)
{
	if (view_of(app->view)->prompt && hand_over(app, kind, "", true))
		app_ask(app, kind, "");
	else
		app_say(app, INK_WARN, "there is nothing to %s in this view", what);
}

bool app_prompt_request(struct app *app, int request)
{
	switch (request) {
	case REQUEST_COMMAND:
		app_ask(app, PROMPT_COMMAND, "");
		return true;
	case REQUEST_GOTO:
		app_ask(app, PROMPT_COMMAND, "goto ");
		return true;
	case REQUEST_SORT_MENU:
		app_ask(app, PROMPT_COMMAND, "sort ");
		return true;
	case REQUEST_SQL:
		app_ask(app, PROMPT_SQL, "");
		return true;
	case REQUEST_SEARCH:
		ask_view(app, PROMPT_SEARCH, "search");
		return true;
	case REQUEST_FILTER:
		ask_view(app, PROMPT_FILTER, "filter");
		return true;
	default:
		return false;
	}
}
