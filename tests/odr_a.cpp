// the generated list of every header, twice; odr_b.cpp does the same, and both become one program
#include "every_header.hpp"
#include "every_header.hpp"

const void* version_in_b();

int main() { return version_in_b() == &holdfast::version ? 0 : 1; }
