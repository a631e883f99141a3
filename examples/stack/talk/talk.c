#include <stdio.h>
#include <string.h>
#include <words.h>

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "morning";
  if (strcmp(name, "--version") == 0) {
    puts("talk 0.9");
    return 0;
  }
  char path[4096], line[256];
  snprintf(path, sizeof path, "%s/%s.txt", PHRASES, name);
  FILE *file = fopen(path, "r");
  if (file == NULL || fgets(line, sizeof line, file) == NULL) {
    fprintf(stderr, "talk: there is no phrase for the %s\n", name);
    return 1;
  }
  fclose(file);
  line[strcspn(line, "\n")] = '\0';
#ifdef COLOR
  fputs("\033[1m", stdout);
#endif
  fflush(stdout);
  sentence(line);
#ifdef COLOR
  fputs("\033[0m", stdout);
#endif
  return 0;
}
