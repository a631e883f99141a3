#include "shape.h"

double square_area(const struct square *square)
{
    return square->side * square->side;
}
