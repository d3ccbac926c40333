/* SPDX-License-Identifier: MIT */
#include "viewer/plot.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int plot_begin(int height, FILE **script, struct db_error *err)
{
	*script = tmpfile();
	if (!*script) {
		snprintf(err->text, sizeof(err->text), "cannot make a file for gnuplot: %s",
			 strerror(errno));
		return -EIO;
	}
	fprintf(*script,
		"set terminal svg size 960,%d dynamic font 'sans-serif,13' noenhanced "
		"background 'white' dashed\n"
		"set encoding utf8\nset decimalsign '.'\n"
		"set border 3 linecolor rgb '#666666'\nset tics nomirror out\n",
		height);
	return 0;
}

/* Runs gnuplot from one file into two.  Returns: its status as from waitpid(), or -errno. */
static int run(FILE *script, FILE *picture, FILE *words)
{
	static const char *const argv[] = {"gnuplot", "-d", "-", NULL};
	posix_spawn_file_actions_t actions;
	int status = 0, ret;
	pid_t pid;

	if (fflush(script) || lseek(fileno(script), 0, SEEK_SET) < 0)
		return -EIO;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fileno(picture), STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fileno(words), STDERR_FILENO);
	ret = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (ret)
		return -ret;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return status;
}

/* From the <svg> on.  Returns: false when there is none. */
static bool copy_picture(FILE *picture, FILE *out)
{
	char line[4096];
	bool begun = false;

	rewind(picture);
	while (fgets(line, sizeof(line), picture)) {
		begun = begun || !strncmp(line, "<svg", 4);
		if (begun)
			fputs(line, out);
	}
	return begun;
}

static void first_words(FILE *words, struct db_error *err)
{
	char line[200] = "no reason given";

	rewind(words);
	while (fgets(line, sizeof(line), words) && strspn(line, " \n^") == strlen(line))
		;
	line[strcspn(line, "\n")] = 0;
	snprintf(err->text, sizeof(err->text), "gnuplot fails: %s", line);
}

int plot_end(FILE *script, FILE *out, struct db_error *err)
{
	FILE *picture = tmpfile(), *words = tmpfile();
	int ret = picture && words ? run(script, picture, words) : -errno;

	if (ret == -ENOENT) {
		snprintf(err->text, sizeof(err->text),
			 "gnuplot is not installed; install it with: apt-get install gnuplot-nox");
	} else if (ret < 0) {
		snprintf(err->text, sizeof(err->text), "cannot run gnuplot: %s", strerror(-ret));
	} else if (ret || !copy_picture(picture, out)) {
		first_words(words, err);
		ret = -EIO;
	}
	fclose(script);
	if (picture)
		fclose(picture);
	if (words)
		fclose(words);
	return ret;
}
