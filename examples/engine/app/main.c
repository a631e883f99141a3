#include <stdio.h>

#include "banner.h"
#include "report.h"

int main(void)
{
    char line[80];
    const struct circle circle = {.radius = 2};
    const struct square square = {.side = 3};

    report_circle(line, sizeof line, &circle);
    printf("%s%s: %s, square of %.2f\n", banner, KIND, line, square_area(&square));
    return 0;
}
