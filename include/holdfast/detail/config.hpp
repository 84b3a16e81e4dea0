#ifndef HOLDFAST_DETAIL_CONFIG_HPP
#define HOLDFAST_DETAIL_CONFIG_HPP

/// HOLDFAST_DECL stands before every function whose body lives in an `impl/*.ipp` file.
///
/// By default the bodies are inline and every header brings its own. A program that defines
/// HOLDFAST_SEPARATE_COMPILATION in every translation unit compiles them once, in the one file that
/// includes `holdfast/src.hpp`.
#ifdef HOLDFAST_SEPARATE_COMPILATION
#define HOLDFAST_DECL
#else
#define HOLDFAST_DECL inline
#endif

#endif
