// One operation on the checkpoints of one task in a bucket, with small parts and short patience, for the tests that
// spoil its requests. Prints one JSON object; an error too, with exit status 1.
//
//   s3_scenario [--OPTION VALUE]… COMMAND …
//     save PATH FORMAT NUMBER     FORMAT: files, tar; NUMBER goes into the metadata
//     restore DIRECTORY           load KEY DIRECTORY
//     list                        verify (every checkpoint of the task)
//     remove KEY                  clean (every unfinished upload)
//   --integrity none|crc32c|sha256   --deadline MS   --idle MS   --attempts N   --kms-key ID
//   --range-size BYTES              load in ranges of this size, two at once
//
// The store is that of HOLDFAST_S3_URL, server and credentials those of the AWS variables.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/s3.hpp>

namespace {

namespace json = boost::json;
using words = std::vector<std::string>;

const holdfast::task_context the_task{
    .flow = "Faults", .run = "1", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

/// Takes the leading `--NAME VALUE` pairs off the words.
std::map<std::string, std::string> take_options(words& all) {
    std::map<std::string, std::string> options;
    while (all.size() > 1 && all[0].starts_with("--")) {
        options[all[0].substr(2)] = all[1];
        all.erase(all.begin(), all.begin() + 2);
    }
    return options;
}

holdfast::s3_integrity integrity_named(std::string_view name) {
    if (name == "none") return holdfast::s3_integrity::none;
    if (name == "crc32c") return holdfast::s3_integrity::crc32c;
    if (name == "sha256") return holdfast::s3_integrity::sha256;
    throw std::invalid_argument("unknown integrity");
}

std::chrono::milliseconds milliseconds(const std::string& text) {
    return std::chrono::milliseconds{std::stoll(text)};
}

void apply(const std::string& name, const std::string& value, holdfast::s3_options& options) {
    if (name == "integrity") {
        options.integrity = integrity_named(value);
    } else if (name == "deadline") {
        options.deadline = milliseconds(value);
    } else if (name == "idle") {
        options.transport.idle_timeout = milliseconds(value);
    } else if (name == "attempts") {
        options.retry.attempts = static_cast<unsigned>(std::stoul(value));
    } else if (name == "kms-key") {
        options.server_side_encryption = "aws:kms";
        options.kms_key_id = value;
    } else {
        throw std::invalid_argument("unknown option: " + name);
    }
}

constexpr std::string_view range_size = "range-size";

holdfast::transfer_limits limits_of(const std::map<std::string, std::string>& given) {
    const auto found = given.find(std::string(range_size));
    if (found == given.end()) return {};
    return {.connections = 2, .range_size = std::stoull(found->second)};
}

holdfast::s3_options impatient(const std::map<std::string, std::string>& given) {
    using namespace std::chrono_literals;
    holdfast::s3_options options;
    options.part_size = 5U << 20;
    options.connections = 4;
    options.deadline = 20s;
    options.transport.connect_timeout = 2s;
    options.transport.tls_timeout = 2s;
    options.transport.continue_timeout = 200ms;
    options.retry = {.transient_delay = 5ms, .throttled_delay = 10ms, .longest_delay = 50ms};
    for (const auto& [name, value] : given) {
        if (name != range_size) apply(name, value, options);
    }
    return options;
}

template <class Archive>
json::object save(const holdfast::s3_storage& storage, const std::string& path, const std::string& number) {
    holdfast::checkpoint<holdfast::s3_storage, Archive> state{storage, the_task};
    return {{"saved", state.save(path, {.metadata = {{"number", std::stoi(number)}}}).key}};
}

json::object restore(holdfast::checkpoint<holdfast::s3_storage>& state, const std::string& directory) {
    const auto found = state.restore(holdfast::load_policy::fresh, {.directory = directory});
    if (!found) return {{"restored", nullptr}};
    json::array skipped;
    for (const auto& passed : found->skipped()) skipped.emplace_back(passed.key);
    return {{"restored", found->info().key}, {"number", found->info().metadata().at("number")}, {"skipped", skipped}};
}

json::object list(const holdfast::checkpoint<holdfast::s3_storage>& state) {
    json::array keys;
    const auto damaged = [](const auto& damage) { throw holdfast::error(damage); };
    for (const auto& one : state.list({.on_damage = damaged})) keys.emplace_back(one.key);
    return {{"listed", keys}};
}

json::object verify(const holdfast::checkpoint<holdfast::s3_storage>& state) {
    json::object found;
    for (const auto& one : state.list()) found[one.key] = to_string(state.verify(one).status);
    return {{"verified", found}};
}

json::object run(const holdfast::s3_storage& storage, const words& command, const holdfast::transfer_limits& limits) {
    const auto& verb = command.at(0);
    holdfast::checkpoint<holdfast::s3_storage> state{storage, the_task, {.limits = limits}};
    if (verb == "save" && command.at(2) == "files") return save<holdfast::files>(storage, command[1], command.at(3));
    if (verb == "save" && command.at(2) == "tar") return save<holdfast::tar>(storage, command[1], command.at(3));
    if (verb == "restore") return restore(state, command.at(1));
    if (verb == "load") {
        state.load(command.at(1), command.at(2));
        return {{"loaded", command[1]}};
    }
    if (verb == "list") return list(state);
    if (verb == "verify") return verify(state);
    if (verb == "remove") return {{"removed", state.remove(command.at(1))}};
    if (verb == "clean") return {{"cleaned", storage.clean_unfinished("", std::chrono::seconds{0})}};
    throw std::invalid_argument("unknown command: " + verb);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        words command(arguments + 1, arguments + count);
        const auto options = take_options(command);
        const auto url = holdfast::environment::of_process().get("HOLDFAST_S3_URL").value();
        const holdfast::s3_storage storage{url, impatient(options)};
        std::cout << json::serialize(run(storage, command, limits_of(options))) << std::endl;
        return EXIT_SUCCESS;
    } catch (const holdfast::error& failed) {
        const json::object said{{"kind", to_string(failed.kind())},
                                {"operation", failed.operation()},
                                {"key", failed.key()},
                                {"message", failed.message()}};
        std::cout << json::serialize(json::object{{"error", said}}) << std::endl;
        return EXIT_FAILURE;
    } catch (const std::exception& failed) {
        std::cerr << "s3_scenario: " << failed.what() << '\n';
        return 2;
    }
}
