#include "every_header.hpp"
#include "every_header.hpp"

const void* version_in_b();

const void* version_in_b() { return &holdfast::version; }
