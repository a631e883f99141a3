#include <math.h>

#include "shape.h"

double circle_area(const struct circle *circle)
{
    return acos(-1.0) * circle->radius * circle->radius;
}
