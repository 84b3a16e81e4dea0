#ifndef HOLDFAST_DETAIL_PYTHON_JSON_HPP
#define HOLDFAST_DETAIL_PYTHON_JSON_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// Reads what Python's `json.loads` accepts: JSON with bare NaN, Infinity and -Infinity.
///
/// Integers that fit are int64 or uint64, others become the nearest double; an escaped lone surrogate becomes
/// U+FFFD; of equal keys the last value stays, at the first one's place.
/// @param origin the key or path that the text comes from, for the error
/// @param storage where all of the value is kept
/// Errors: `corrupt`, with the byte offset; also for a byte order mark, bytes that are not UTF-8, and more than
/// 512 levels.
/// Wire: `json.loads(text)`.
HOLDFAST_DECL boost::json::value parse_python_json(std::string_view text, std::string_view origin,
                                                   boost::json::storage_ptr storage = {});

/// How a NaN or an infinity is written: `NaN` as Python does, or `"NaN"` for readers of strict JSON.
enum class non_finite_style : std::uint8_t { bare, text };

struct dump_options {
    bool sort_keys = false;  ///< by code point, at every level
    non_finite_style non_finite = non_finite_style::bare;
};

/// Writes what Python's `json.dumps` writes: ASCII only, ", " and ": " between, floats as `repr` has them.
///
/// Errors: `invalid_argument` where a string or a key is not UTF-8.
/// Wire: `json.dumps(document, sort_keys=...)`.
HOLDFAST_DECL std::string dump_python_json(const boost::json::value& document, const dump_options& options = {});

/// The same of a text.
HOLDFAST_DECL std::string dump_python_text(std::string_view text);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/python_json.ipp>
#endif

#endif
