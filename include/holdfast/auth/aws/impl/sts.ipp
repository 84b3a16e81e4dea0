#ifndef HOLDFAST_AUTH_AWS_IMPL_STS_IPP
#define HOLDFAST_AUTH_AWS_IMPL_STS_IPP

#include <holdfast/auth/aws/sts.hpp>

#include <algorithm>
#include <map>

#include <holdfast/auth/aws/timestamp.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/percent_encoding.hpp>
#include <holdfast/detail/xml_reader.hpp>

namespace holdfast::detail {

// The texts of the document's leaves by the names of their elements; of equal names the first.
inline std::map<std::string, std::string, std::less<>> read_xml_leaves(std::string_view document) {
    std::map<std::string, std::string, std::less<>> leaves;
    xml_reader reader(document);
    std::string name;
    std::string text;
    for (auto event = reader.next(); event != xml_reader::event::done; event = reader.next()) {
        if (event == xml_reader::event::text) {
            text = reader.text();
            continue;
        }
        if (event == xml_reader::event::end && reader.name() == name) leaves.try_emplace(name, text);
        name = event == xml_reader::event::start ? std::string(reader.name()) : "";
        text.clear();
    }
    return leaves;
}

// The service's own text is never shown: for a wrong signature it quotes the request with its session token.
inline std::string sts_error_code(const http::response& answer) {
    try {
        const auto leaves = read_xml_leaves(answer.text);
        const auto code = leaves.find("Code");
        if (code == leaves.end() || code->second.size() > 64) return "";
        const bool is_word = std::ranges::all_of(
            code->second, [](char c) { return is_ascii_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
        return is_word ? code->second : "";
    } catch (const error&) {
        return "";
    }
}

inline http::verdict judge_sts(const http::response& answer) {
    if (answer.status != 400) return http::judge_status(answer);
    const std::string code = sts_error_code(answer);
    if (code == "Throttling" || code == "ThrottlingException" || code == "RequestLimitExceeded") {
        return http::verdict::throttled;
    }
    return code == "IDPCommunicationError" || code == "RequestTimeout" ? http::verdict::transient
                                                                       : http::verdict::final;
}

inline auth::aws_credentials read_sts_answer(const http::response& answer, const std::string& operation,
                                             std::string_view role) {
    std::map<std::string, std::string, std::less<>> leaves;
    try {
        leaves = read_xml_leaves(answer.text);
    } catch (const error&) {  // below: nothing was found
    }
    const auto end = auth::parse_timestamp(leaves["Expiration"]);
    auth::aws_credentials found{.access_key_id = leaves["AccessKeyId"],
                                .secret_access_key = secret(leaves["SecretAccessKey"]),
                                .session_token = secret(leaves["SessionToken"]),
                                .expires = end};
    if (found.access_key_id.empty() || found.secret_access_key.empty() || found.session_token.empty() || !end) {
        throw error(errc::access_denied, operation, role,
                    "the answer holds no complete credentials; check that the endpoint is one of STS");
    }
    return found;
}

inline std::string form_body(std::string_view action, const auth::sts_client::parameters& fields) {
    std::string body = "Action=" + std::string(action) + "&Version=2011-06-15";
    for (const auto& [name, value] : fields) body += "&" + name + "=" + percent_encode(value, false);
    return body;
}

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL sts_client::sts_client(aws_caller caller, std::string region, std::string_view url)
    : caller_(std::move(caller)),
      server_(parse_setting_url(url, "the endpoint of STS")),
      signature_(std::move(region), "sts") {}

HOLDFAST_DECL aws_credentials sts_client::call(std::string_view action, const parameters& fields,
                                               const std::optional<aws_credentials>& signer,
                                               std::string_view role) const {
    const std::string body = detail::form_body(action, fields);
    http::request message = request_to("POST", server_);
    message.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    message.body = byte_source::from_text(body);
    const std::string hash = detail::sha256_hex(body);
    const auto sign = [&](http::request& unsigned_message) {
        if (signer) signature_.sign(unsigned_message, *signer, caller_.clock(), hash);
    };
    const http::response answer =
        ask(caller_, std::move(message), 5, std::chrono::seconds(30), detail::judge_sts, sign);
    const std::string operation = "call " + std::string(action);
    if (answer.status == 200) return detail::read_sts_answer(answer, operation, role);
    const bool throttled = detail::judge_sts(answer) == http::verdict::throttled;
    throw_refused(throttled ? 429 : answer.status, operation, role, detail::sts_error_code(answer),
                  "check that the role exists and trusts this identity, and that the clock is right");
}

HOLDFAST_DECL std::string default_session_name(std::chrono::system_clock::time_point now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    return "holdfast-session-" + std::to_string(seconds);
}

}  // namespace holdfast::auth

#endif
