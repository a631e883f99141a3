#ifndef GREETING_H
#define GREETING_H

/* The greeting in the language that GREETING_LANGUAGE names. */
const char *greeting(void);

#endif
