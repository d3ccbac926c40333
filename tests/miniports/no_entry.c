/* SPDX-License-Identifier: MIT */
/* A shared object that is no miniport. */
int answer(void);

int answer(void)
{
	return 42;
}
