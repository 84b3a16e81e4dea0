#ifndef HOLDFAST_TESTS_SUPPORT_PYTHON_TARS_HPP
#define HOLDFAST_TESTS_SUPPORT_PYTHON_TARS_HPP

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/detail/base64.hpp>
#include <holdfast/detail/gzip.hpp>

// Archives that tarfile of Python 3.11.7 made, compressed with gzip: the directories "./" and "deep", the files below,
// the hard link "again" to the one with the long name, and the symbolic link "latest" to its directory.
namespace python_tars {

inline constexpr std::string_view gnu =
    "H4sIAAAAAAACA+3YTU6FMBQF4Dt2FV0Bvf29U+eyCRIbJCq+SM2LS3IdbkzCwETUOJHS8M43KWFGTu9JS6NpczyLnpd1tl6XZ+OD9SLsl/eR"
    "JZAKVMDLlLtnpehC3aZ00vXlHwPyL6LRjb5un8a+Hcb7DfP/IffP/C3HL3uBWSQ4Ui3yLzP/4070OQ39XZ4Ijpz/H/1vJKz63znLQoox/5s7"
    "A8Dh/Tb/6fGUX6s7/wsbi/4vYf76PKn3t33z9+v8o0P+RXATrnAKvlzV3v/n+b/B/OP+D5vq+m4Yazv/OW/EkTIlNif+/+7e/0a+939k9P/h"
    "+x/1u7uHLqcpV9f/3hhSFv0PAAAA8O8+AEDaH7YAKAAA";
inline constexpr std::string_view pax =
    "H4sIAAAAAAACA+3ZS2rDMBSFYY+zCq3A1tOig9IOO+wWBBGJaRJCrJJ0SV1HN1YnoRTSR6DgB9X/TSw8MVi+R7pyWZXV/WM4PMQwj7uiF/Ls"
    "p6uUuv4cH+8rqZUpxKEYwHObwq57fJEnrcU6Net4q/zH+y/drEAmyqr/Zxw/qtr+Uv/dWFmnrffSnu7XyrhCOOp/gPkn/8l/8j9X8xi3fS8B"
    "f8h/r8j/bPJfW/c1/2vyfwjKGrENaXl7CoLNSKp9bBbL1M5YjsbI/55n90r+K+8u8t+YblwISf33bg/g36P/J//p/3EprrfpZXL9v5dOs//L"
    "5vy32+zT/4/U//tz+9+9hdSKt1c68Lyc5/1u5Py3l/mvj+e/5H//KO68TeL83yn6v7HWf+vFqtk88Q8gT2ERms3U+j9jtenqXw3xPdL/TeD/"
    "7zf5r8n/QfLf3Ewk/8n9MaxCim2aXP7bbksoNPkPAAAAAAAAAAAAAABw1TuhD3uUAFAAAA==";

inline std::string gzipped(std::string_view base64) {
    const auto bytes = holdfast::detail::from_base64(base64).value();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string plain(std::string_view base64) {
    std::string text;
    const std::string packed = gzipped(base64);
    holdfast::detail::gunzip unpacking([&](std::span<const std::byte> bytes) {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    unpacking.write(std::as_bytes(std::span(packed)));
    unpacking.finish();
    return text;
}

inline std::map<std::string, std::string, std::less<>> contents() {
    const std::string weights(1000, 'w');
    return {{"again", weights},
            {"deep/" + std::string(120, 'n') + "/weights", weights},
            {"empty", ""},
            {"stats \xC3\xA9", "0.5\n"}};
}

}  // namespace python_tars

#endif
