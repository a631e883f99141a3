#ifndef REPORT_H
#define REPORT_H

#include "shape.h"

/* Writes a line about a circle, cut to size bytes; returns its whole length. */
int report_circle(char *line, unsigned long size, const struct circle *circle);

#endif
