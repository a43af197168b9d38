#include "core/plugin/worker_main.hpp"

#include "core/base/thread.hpp"
#include "core/plugin/worker_jail.hpp"
#include "core/plugin/worker_runtime.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <dlfcn.h>
#include <latch>
#include <malloc.h>
#include <unistd.h>

namespace gh::plugin {

namespace {

constexpr int k_file = 3, k_first_lane = 4; // see WorkerProcess; a lane has two
constexpr int k_most_lanes = 64;
constexpr int k_trim = 16 << 20;
constexpr size_t k_keep = 1u << 20; // memory of a larger answer is not kept
constexpr int k_arenas = 2;         // each reserves 64 MiB of the address space that is limited

std::string refused(const Refused& why) {
    wire::Writer out(wire::Kind::failed);
    out.text(why.code);
    out.text(why.reason);
    return out.bytes();
}

[[noreturn]] void break_off(Lane& lane, const std::string& why) {
    wire::Writer out(wire::Kind::broke);
    out.text(why);
    (void)lane.send(out.bytes());
    ::_exit(1);
}

std::string described(const Library& library) {
    const auto& d = library.descriptor();
    wire::Writer out(wire::Kind::load);
    out.u32(d.abi_minor_built);
    out.u32(d.abi_minor_needed);
    for (const auto& part : {d.name, d.version, d.summary, d.settings_schema}) out.text(part);
    out.u32(static_cast<uint32_t>(d.raw->sample_count));
    for (size_t i = 0; i < d.raw->sample_count; ++i) {
        const auto& sample = *d.raw->samples[i];
        out.u8(static_cast<uint8_t>(sample.expect));
        out.text(view(sample.name));
        out.text(view(sample.settings));
        out.text(view(sample.request));
        out.text(view(sample.code));
        out.i64(sample.at);
    }
    return out.bytes();
}

/// What the plugin is linked with is loaded while files can still be opened: from the system's directories only, which belong to root like
/// this program's own libraries. What the plugin brings itself stays outside.
void load_needed(int file) {
    std::string bytes;
    char part[64 << 10];
    for (ssize_t n; (n = ::pread(file, part, sizeof part, static_cast<off_t>(bytes.size()))) > 0;)
        bytes.append(part, static_cast<size_t>(n));
    for (const auto& name : needed_libraries(bytes))
        if (name.find('/') == name.npos) ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
}

class Worker {
public:
    explicit Worker(int lanes) : started_(lanes) {
        for (int i = 0; i < lanes; ++i)
            lanes_.push_back(std::make_unique<Lane>(k_first_lane + 2 * i, k_first_lane + 2 * i + 1, Lane::Side::worker));
    }

    [[noreturn]] void run(pid_t parent) {
        auto& lane = *lanes_[0];
        jail::tell_on(lane.out());
        ::mallopt(M_ARENA_MAX, k_arenas);
        ::mallopt(M_TRIM_THRESHOLD, k_trim); // or each batch would give its memory back to the kernel, and fetch it again
        std::string_view message;
        auto trouble = jail::enter(parent);
        if (lane.receive(message) != Lane::Outcome::done) ::_exit(0);
        wire::Reader in(message);
        if (static_cast<wire::Kind>(in.u8()) != wire::Kind::load) ::_exit(1);
        const std::string file(in.text());
        const auto memory = in.u64();
        load_needed(k_file);
        prepare_libraries();
        for (size_t i = 1; i < lanes_.size(); ++i)
            threads_.emplace_back("lane-" + std::to_string(i), [this, i] {
                jail::tell_on(lanes_[i]->out());
                started_.count_down();
                open_.wait();
                serve(*lanes_[i]);
            });
        started_.arrive_and_wait(); // the C library makes calls of its own at the start of a thread
        if (trouble.empty()) trouble = jail::unavailable();
        if (trouble.empty()) trouble = jail::limit(memory);
        if (trouble.empty()) trouble = jail::lock(file, k_file);
        std::string answer;
        if (trouble.empty()) answer = load(file, trouble);
        if (!trouble.empty()) answer = refused({"worker_failed", "the plugin cannot be isolated: " + trouble});
        if (lane.send(answer) != Lane::Outcome::done) ::_exit(0);
        serve(lane);
    }

private:
    std::string load(const std::string& file, std::string& trouble) {
        std::string answer;
        try {
            auto loaded = Library::load(file, CrashMark{std::filesystem::path(file).stem().string(), ""});
            if (const auto* why = std::get_if<Refused>(&loaded)) {
                answer = refused(*why);
            } else {
                source_ = std::make_unique<WorkerSource>(std::get<0>(loaded));
                answer = described(*std::get<0>(loaded));
            }
        } catch (const std::exception& error) {
            answer = refused({"throws", error.what()});
        }
        trouble = jail::seal();
        return answer;
    }

    /// What these would read from files when first used.
    static void prepare_libraries() {
        OPENSSL_init_crypto(
            OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS,
            nullptr);
        unsigned char byte;
        (void)RAND_bytes(&byte, 1);
        ::tzset();
    }

    [[noreturn]] void serve(Lane& lane) {
        std::string_view message;
        std::string answered;
        for (;;) {
            if (lane.receive(message) != Lane::Outcome::done) ::_exit(0); // the server has gone
            try {
                if (answered.capacity() > k_keep) answered = {};
                answered = answer(message, lane, std::move(answered));
                if (lane.send(answered) != Lane::Outcome::done) ::_exit(0);
            } catch (const std::bad_alloc&) {
                break_off(lane, "it used more memory than it may have");
            } catch (const std::exception& error) {
                break_off(lane, error.what());
            }
        }
    }

    std::string answer(std::string_view message, Lane& lane, std::string memory) {
        wire::Reader in(message);
        const auto kind = static_cast<wire::Kind>(in.u8());
        if (!source_) throw std::runtime_error("no plugin is loaded");
        switch (kind) {
            case wire::Kind::open: {
                const auto now = from_unix_ms(in.i64());
                const WorkerTurn turn(lane, now, in.u64());
                wire::Reader settings(in.text());
                auto opened = source_->open(settings);
                open_.count_down();
                return opened;
            }
            case wire::Kind::receive:
                return source_->receive(in, lane, std::move(memory));
            case wire::Kind::step:
                return source_->step(in, lane);
            case wire::Kind::drop:
                return source_->drop(in, lane);
            case wire::Kind::close: {
                const WorkerTurn turn(lane, SystemClock().now(), 0);
                source_->close();
                (void)lane.send(wire::Writer(wire::Kind::close).bytes());
                ::_exit(0);
            }
            default:
                throw std::runtime_error("the server asked for what there is not");
        }
    }

    std::vector<std::unique_ptr<Lane>> lanes_;
    std::unique_ptr<WorkerSource> source_;
    std::latch started_, open_{1};
    std::vector<NamedThread> threads_;
};

} // namespace

int worker_main(int argc, char** argv) {
    const auto number = [&](int at) { return argc > at ? std::atoi(argv[at]) : 0; };
    const int parent = number(2), lanes = number(3);
    if (parent <= 0 || lanes <= 0 || lanes > k_most_lanes) return 2;
    ::close_range(static_cast<unsigned>(k_first_lane + 2 * lanes), ~0u, 0);
    Worker(lanes).run(parent);
}

} // namespace gh::plugin
