#ifndef SHAPE_H
#define SHAPE_H

struct circle {
    double radius;
};

struct square {
    double side;
};

double circle_area(const struct circle *circle);
double square_area(const struct square *square);

#endif
