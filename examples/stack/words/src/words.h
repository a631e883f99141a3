/* Prints words as a sentence, with a full stop. */
void sentence(const char *words);
