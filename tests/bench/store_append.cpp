// How fast the store appends: closed loops with `group` events under way, each in a call of its own, as ingest makes them.
//
//   store_append DIRECTORY [--preload N] [--events N]
//
// Prints events/s, events per commit and latencies for groups of 1, 8 and 64. Beside each stands what the same disk does in the same run
// with bare pwrite + fdatasync of as many bytes per commit: the ratio of the two is the figure to compare between machines.
#include "core/store/store.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <unistd.h>

using namespace gh;

namespace {

double seconds_since(Steady::time_point t) {
    return std::chrono::duration<double>(Steady::now() - t).count();
}

store::NewEvent make_event(int64_t number, Time now) {
    static const std::string head(250, 'h');
    store::NewEvent e;
    e.id = Uuid::v7(now);
    e.source = "bank";
    e.plugin = "bench";
    e.type = "transactions.updated";
    e.subject = "user-" + std::to_string(number % 1000);
    e.dedupe_key = "evt_" + std::to_string(number);
    e.received_at = now;
    e.request = {"POST", "/hooks/bank", head, std::string(300, 'b') + std::to_string(number), "127.0.0.1:40000"};
    return e;
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double percentile(std::vector<double>& sorted, double p) {
    return sorted[std::min(sorted.size() - 1, static_cast<size_t>(static_cast<double>(sorted.size()) * p))];
}

// One commit of `bytes` as the bare system call, in an area written before, as the WAL is.
double bare_commit_seconds(const std::string& file, size_t bytes) {
    const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    const std::string block(bytes, 'x');
    constexpr int k_blocks = 32, k_times = 300;
    for (int i = 0; i < k_blocks; ++i)
        if (::pwrite(fd, block.data(), bytes, static_cast<off_t>(bytes) * i) < 0) std::abort();
    ::fsync(fd);
    const auto began = Steady::now();
    for (int i = 0; i < k_times; ++i) {
        if (::pwrite(fd, block.data(), bytes, static_cast<off_t>(bytes) * (i % k_blocks)) < 0) std::abort();
        ::fdatasync(fd);
    }
    const double each = seconds_since(began) / k_times;
    ::close(fd);
    std::filesystem::remove(file);
    return each;
}

long resident_mib() {
    long total = 0, resident = 0;
    if (FILE* f = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(f, "%ld %ld", &total, &resident) != 2) resident = 0;
        std::fclose(f);
    }
    return resident * ::sysconf(_SC_PAGESIZE) / (1 << 20);
}

class Bench {
public:
    Bench(store::Store& s, Metrics& metrics)
        : store_(s), commits_(metrics.histogram("gatehouse_store_commit_seconds", "", latency_bounds())) {}

    void preload(int64_t count) {
        for (int64_t i = 0; i < count;) {
            std::vector<store::NewEvent> events;
            for (int j = 0; j < 1000 && i < count; ++j, ++i) events.push_back(make_event(next_++, clock_.now()));
            send(std::move(events), 8, nullptr);
        }
        wait_for_all();
    }

    void run(int group, int64_t count, const std::string& directory) {
        std::vector<double> latencies;
        latencies.reserve(static_cast<size_t>(count));
        const auto commits_before = commits();
        const auto began = Steady::now();
        const double cpu_before = cpu_seconds();
        for (int64_t i = 0; i < count; ++i) {
            std::vector<store::NewEvent> one;
            one.push_back(make_event(next_++, clock_.now()));
            send(std::move(one), group, &latencies);
        }
        wait_for_all();
        const double seconds = seconds_since(began);
        const double cpu = (cpu_seconds() - cpu_before) / static_cast<double>(count);
        const double per_commit = static_cast<double>(count) / static_cast<double>(commits() - commits_before);
        std::sort(latencies.begin(), latencies.end());
        // About 30 pages for 64 events: what a group writes into the WAL.
        const auto bytes = static_cast<size_t>((5.0 + 0.4 * per_commit) * 4120);
        const double bare = bare_commit_seconds(directory + "/bare", bytes);
        const double rate = static_cast<double>(count) / seconds, bare_rate = per_commit / bare;
        std::printf(
            "group %3d: %7.0f events/s, %5.1f per commit, p50 %.2f ms, p99 %.2f ms, max %.1f ms, CPU %.1f us/event | bare fdatasync %7.0f "
            "events/s, ratio "
            "%.2f | %ld MiB\n",
            group, rate, per_commit, percentile(latencies, 0.5) * 1e3, percentile(latencies, 0.99) * 1e3, latencies.back() * 1e3, cpu * 1e6,
            bare_rate, rate / bare_rate, resident_mib());
    }

private:
    uint64_t commits() const {
        uint64_t sum = 0;
        for (const auto n : commits_.counts()) sum += n;
        return sum;
    }
    void send(std::vector<store::NewEvent> events, int under_way, std::vector<double>* latencies) {
        {
            std::unique_lock lock(mutex_);
            room_.wait(lock, [&] { return under_way_ < under_way; });
            ++under_way_;
        }
        const auto began = Steady::now();
        const bool taken = store_.append(std::move(events), [this, began, latencies](std::span<const store::Appended> results) {
            for (const auto& r : results)
                if (r.outcome != store::Appended::Outcome::stored) std::abort();
            if (latencies) latencies->push_back(seconds_since(began));
            {
                const std::lock_guard lock(mutex_);
                --under_way_;
            }
            room_.notify_one();
        });
        if (!taken) std::abort();
    }
    void wait_for_all() {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return under_way_ == 0; });
    }

    store::Store& store_;
    Histogram& commits_;
    SystemClock clock_;
    std::mutex mutex_;
    std::condition_variable room_;
    int under_way_ = 0;
    int64_t next_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: store_append DIRECTORY [--preload N] [--events N]\n");
        return 2;
    }
    int64_t preload = 0, events = 200'000;
    for (int i = 2; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--preload") == 0) preload = std::atoll(argv[i + 1]);
        if (std::strcmp(argv[i], "--events") == 0) events = std::atoll(argv[i + 1]);
    }
    const std::string directory = argv[1];
    std::filesystem::create_directories(directory);
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(directory + "/bench.db" + suffix);

    SystemClock clock;
    Log log;
    Metrics metrics;
    store::Options options;
    options.path = directory + "/bench.db";
    auto store = store::make_sqlite_store(options, clock, log, metrics);
    if (const auto started = store->start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().message.c_str());
        return 1;
    }
    Bench bench(*store, metrics);
    if (preload > 0) {
        const auto began = Steady::now();
        bench.preload(preload);
        std::printf("preloaded %lld events in %.1f s\n", static_cast<long long>(preload), seconds_since(began));
    }
    bench.run(1, events / 40, directory);
    bench.run(8, events / 8, directory);
    bench.run(64, events, directory);
    store->stop();
    if (preload > 0) {
        auto again = store::make_sqlite_store(options, clock, log, metrics);
        const auto began = Steady::now();
        if (!again->start()) return 1;
        std::printf("start with %.0f MiB of data: %.2f s\n", static_cast<double>(std::filesystem::file_size(options.path)) / (1 << 20),
                    seconds_since(began));
    }
    return 0;
}
