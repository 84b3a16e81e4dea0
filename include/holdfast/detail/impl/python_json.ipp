#ifndef HOLDFAST_DETAIL_IMPL_PYTHON_JSON_IPP
#define HOLDFAST_DETAIL_IMPL_PYTHON_JSON_IPP

#include <holdfast/detail/python_json.hpp>

#include <utility>

#include <holdfast/detail/impl/python_json_parser.ipp>
#include <holdfast/detail/impl/python_json_writer.ipp>

namespace holdfast::detail {

HOLDFAST_DECL boost::json::value parse_python_json(std::string_view text, std::string_view origin,
                                                   boost::json::storage_ptr storage) {
    return python_json_parser(text, origin, std::move(storage)).parse();
}

HOLDFAST_DECL std::string dump_python_json(const boost::json::value& document, const dump_options& options) {
    return python_json_writer(options).write(document);
}

HOLDFAST_DECL std::string dump_python_text(std::string_view text) {
    return python_json_writer({}).write(text);
}

}  // namespace holdfast::detail

#endif
