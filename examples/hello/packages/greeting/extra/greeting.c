#include "greeting.h"

#include <stdlib.h>
#include <string.h>

const char *greeting(void) {
  const char *language = getenv("GREETING_LANGUAGE");
  if (language != NULL && strcmp(language, "de") == 0) return "Guten Tag";
  return "Good day";
}
