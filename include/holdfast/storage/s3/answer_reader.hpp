#ifndef HOLDFAST_STORAGE_S3_ANSWER_READER_HPP
#define HOLDFAST_STORAGE_S3_ANSWER_READER_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/xml_reader.hpp>

namespace holdfast::s3 {

/// Reads a document of which the reader knows the form, element by element. Every error is `corrupt`.
class answer_reader {
public:
    /// Enters the document's element.
    /// @param xml outlives the reader
    /// @param roots the names that it may have; another document is refused
    HOLDFAST_DECL answer_reader(std::string_view xml, std::initializer_list<std::string_view> roots);

    /// Calls `visit(name)` inside each child of the current element and leaves the current element. A visit may read
    /// the child by one of the functions here; what it leaves is passed over.
    template <class Visit>
    void each_child(const Visit& visit) {
        const std::size_t level = level_;
        for (auto event = advance(); event != detail::xml_reader::event::end; event = advance()) {
            if (event == detail::xml_reader::event::start) visit(xml_.name());
            while (level_ > level) advance();
        }
        if (level_ == 0) advance();
    }

    /// The text of the current element, which is left.
    HOLDFAST_DECL std::string text();
    HOLDFAST_DECL std::uint64_t number(std::uint64_t limit = INT64_MAX);
    HOLDFAST_DECL bool flag();
    HOLDFAST_DECL std::chrono::system_clock::time_point date();

    /// Refuses the document where `is_there` is false.
    HOLDFAST_DECL void require(bool is_there, std::string_view element) const;

    [[noreturn]] HOLDFAST_DECL void refuse(std::string_view element, std::string_view flaw) const;

private:
    HOLDFAST_DECL detail::xml_reader::event advance();

    detail::xml_reader xml_;
    std::size_t level_ = 0;
    std::string_view root_;
};

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/answer_reader.ipp>
#endif

#endif
