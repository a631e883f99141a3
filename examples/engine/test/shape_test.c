#include <stdio.h>

#include "shape.h"

int main(void)
{
    const struct square square = {.side = 3};
    const double area = square_area(&square);

    if (area == 9)
        return 0;
    printf("the area of a square of 3 is 9, not %f\n", area);
    return 1;
}
