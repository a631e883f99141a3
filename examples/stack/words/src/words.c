#include "words.h"
#include <ctype.h>
#include <stdio.h>

void sentence(const char *words) {
  for (int first = 1; *words != '\0'; words++, first = 0) {
#ifdef LOUD
    first = 1;
#endif
    putchar(first ? toupper((unsigned char)*words) : *words);
  }
#ifdef LOUD
  puts("!");
#else
  puts(".");
#endif
}
