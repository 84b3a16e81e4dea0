#ifndef HOLDFAST_CORE_BYTE_STREAM_HPP
#define HOLDFAST_CORE_BYTE_STREAM_HPP

#include <cstddef>
#include <functional>
#include <span>

namespace holdfast {

/// Bytes whose number is not known beforehand (a compressed archive): fills the buffer from its front and
/// returns how many bytes it wrote; 0 means the end. Called by one thread at a time.
using byte_stream = std::function<std::size_t(std::span<std::byte>)>;

}  // namespace holdfast

#endif
