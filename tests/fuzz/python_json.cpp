// What is read and written again reads back as the same value: dump(parse(dump(parse(x)))) == dump(parse(x)).
#include <holdfast/detail/python_json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <boost/json/value.hpp>

#include <holdfast/core/error.hpp>

namespace {

void require_fixed_point(const boost::json::value& document, const holdfast::detail::dump_options& options) {
    const std::string first = holdfast::detail::dump_python_json(document, options);
    const auto again = holdfast::detail::parse_python_json(first, "fuzz");
    if (holdfast::detail::dump_python_json(again, options) != first) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    boost::json::value document;
    try {
        document = holdfast::detail::parse_python_json({reinterpret_cast<const char*>(data), size}, "fuzz");
    } catch (const holdfast::error& failure) {
        if (failure.kind() != holdfast::errc::corrupt) std::abort();
        return 0;
    }
    require_fixed_point(document, {});
    require_fixed_point(document, {.sort_keys = true});
    require_fixed_point(document, {.non_finite = holdfast::detail::non_finite_style::text});
    return 0;
}
