// Works on a store and kills its own process before the n-th operation of the storage, as a crash would. ROOT is a
// folder or a URL.
//
//   kill_at N ROOT save FORMAT PATH METADATA     N = 0: never; then it prints how many operations there were
//   kill_at N ROOT remove KEY
//
// The task is that of METAFLOW_CHECKPOINT_UID.

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <boost/json/parse.hpp>

#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/default_storage.hpp>
#include <holdfast/storage/any.hpp>

namespace {

/// A store that counts the operations begun on it, and dies before one of them.
class mortal_storage {
public:
    mortal_storage(holdfast::any_storage storage, unsigned fatal)
        : storage_(std::move(storage)), life_(std::make_shared<life>(fatal)) {}

    unsigned operations() const { return life_->begun; }

    holdfast::object_info put(const holdfast::object_key& key, const holdfast::byte_source& source,
                              const holdfast::put_options& options) const {
        begin();
        return storage_.put(key, source, options);
    }
    holdfast::object_info get(const holdfast::object_key& key, holdfast::byte_sink& sink,
                              const holdfast::get_options& options) const {
        begin();
        return storage_.get(key, sink, options);
    }
    std::optional<holdfast::object_info> head(const holdfast::object_key& key) const {
        begin();
        return storage_.head(key);
    }
    void list(std::string_view prefix, const holdfast::list_visitor& visit) const {
        begin();
        storage_.list(prefix, visit);
    }
    void remove(const holdfast::object_key& key) const {
        begin();
        storage_.remove(key);
    }
    holdfast::store_url url() const { return storage_.url(); }

    bool put_if_absent(const holdfast::object_key& key, const holdfast::byte_source& source,
                       const holdfast::put_options& options) const {
        begin();
        return storage_.put_if_absent(key, source, options);
    }
    bool put_if_match(const holdfast::object_key& key, const holdfast::byte_source& source, const std::string& etag,
                      const holdfast::put_options& options) const {
        begin();
        return storage_.put_if_match(key, source, etag, options);
    }
    /// A batch is as many operations as it has keys: a crash may come between any two.
    void remove_batch(std::span<const holdfast::object_key> keys) const {
        for (const auto& key : keys) remove(key);
    }
    holdfast::object_info put_stream(const holdfast::object_key& key, const holdfast::byte_stream& stream,
                                     const holdfast::put_options& options) const {
        begin();
        return storage_.put_stream(
            key,
            [&](std::span<std::byte> block) {
                begin();
                return stream(block);
            },
            options);
    }

private:
    struct life {
        explicit life(unsigned last) : fatal(last) {}
        unsigned fatal;
        std::atomic<unsigned> begun = 0;
    };

    void begin() const {
        if (++life_->begun == life_->fatal) kill(getpid(), SIGKILL);
    }

    holdfast::any_storage storage_;
    std::shared_ptr<life> life_;
};

static_assert(holdfast::create_only_storage<mortal_storage>);
static_assert(holdfast::compare_and_swap_storage<mortal_storage>);
static_assert(holdfast::batch_remove_storage<mortal_storage>);
static_assert(holdfast::streaming_storage<mortal_storage>);

template <class Archive>
void save(const mortal_storage& storage, const std::string& path, const std::string& metadata) {
    holdfast::checkpoint<mortal_storage, Archive> state{storage, holdfast::task_context::from_environment()};
    state.save(path, {.metadata = boost::json::parse(metadata).as_object()});
}

void run(const mortal_storage& storage, const std::vector<std::string>& words) {
    const auto& verb = words.at(0);
    if (verb == "remove") {
        holdfast::checkpoint<mortal_storage>{storage}.remove(words.at(1));
    } else if (verb == "save" && words.at(1) == "files") {
        save<holdfast::files>(storage, words.at(2), words.at(3));
    } else if (verb == "save" && words.at(1) == "tar") {
        save<holdfast::tar>(storage, words.at(2), words.at(3));
    } else if (verb == "save" && words.at(1) == "tar.gz") {
        save<holdfast::tar_gz>(storage, words.at(2), words.at(3));
    } else {
        throw std::invalid_argument("unknown words: " + verb);
    }
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const std::vector<std::string> words(arguments + 1, arguments + count);
        const auto fatal = static_cast<unsigned>(std::stoul(words.at(0)));
        const mortal_storage storage{holdfast::storage_at(words.at(1)), fatal};
        run(storage, {words.begin() + 2, words.end()});
        std::cout << storage.operations() << '\n';
        return EXIT_SUCCESS;
    } catch (const std::exception& failed) {
        std::cerr << "kill_at: " << failed.what() << '\n';
        return EXIT_FAILURE;
    }
}
