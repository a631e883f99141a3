#include <stdio.h>

/* embed NAME < text > header */
int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    printf("static const char %s[] = {", argv[1]);
    for (int c = getchar(); c != EOF; c = getchar())
        printf("%d,", c);
    printf("0};\n");
    return 0;
}
