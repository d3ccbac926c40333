/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_MOUSE_H
#define VIEWER_MOUSE_H
/* What the mouse did, in cells of the screen. */
#include <stdbool.h>

enum mouse_kind {
	MOUSE_PRESS,
	MOUSE_TWICE, /* pressed again at the same cell, soon after */
	MOUSE_DRAG,  /* moved while pressed */
	MOUSE_RELEASE,
	MOUSE_WHEEL_UP,
	MOUSE_WHEEL_DOWN,
};

struct mouse {
	enum mouse_kind kind;
	int x, y;
};

#endif
