// Load generator for the ingest benchmark: sends signed notifications (Standard Webhooks, each with its own id) over keep-alive
// connections, one request at a time on each, and reports rate and latency. All requests are made and signed before the clock starts, so
// that the generator, which shares the machine with what it measures, costs little and the same for every server.
//
//   load --port P [--path /hooks/bank] [--secret whsec_…] [--connections 64] [--requests 200000] [--seconds 60]
//        [--drip 500]        that many more connections send one byte a second of a request that never ends
//        [--sign]            make and sign each request when it is sent, as a real sender does, in place of all beforehand
//        [--repeat]          send one request again and again (for servers that keep nothing)
//        [--accepted FILE]   write the webhook-id of every request that was answered 2xx, as soon as it was (kill -9 tests)
//        [--prefix ID]       first part of the webhook-ids
//        [--threads 1]       share connections and requests among so many threads (more threads take more of the machine)
//        [--sns KEY]         send Amazon SNS notifications in place of these, signed with that RSA key (see --sns-identity)
//        [--sns-version 1]   their SignatureVersion
//   load --port P --get /metrics       prints the body of one answer
//   load --sns-identity DIR            writes a key (key.pem) and its certificate, named as SNS names it
//
// Prints one JSON object: requests, ok, other, errors, seconds, rate, p50_ms, p99_ms, max_ms.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "messages.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    int port = 0;
    std::string path = "/hooks/bank", secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", accepted, prefix = "msg";
    std::string sns_key, sns_version = "1";
    size_t connections = 64, requests = 200'000, drip = 0, threads = 1;
    double seconds = 60;
    bool repeat = false, sign = false;
};

int connect_to(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
        if (fd >= 0) ::close(fd);
        return -1;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

struct Connection {
    int fd = -1;
    size_t request = 0; ///< index of the one under way
    size_t sent = 0;
    std::string answer;
    Clock::time_point began;
    bool busy = false;
    bench::Prepared made; ///< with --sign
};

/// Length of the complete answer at the front, 0 if more is needed.
size_t complete(const std::string& answer) {
    const size_t head = answer.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    size_t length = 0;
    for (size_t at = answer.find("\r\n"); at < head; at = answer.find("\r\n", at + 2))
        if (::strncasecmp(answer.c_str() + at + 2, "content-length:", 15) == 0)
            length = std::strtoul(answer.c_str() + at + 17, nullptr, 10);
    return answer.size() >= head + 4 + length ? head + 4 + length : 0;
}

class Load {
public:
    explicit Load(Options options) : options_(std::move(options)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        messages_ = options_.sns_key.empty() ? bench::hmac_messages(options_.path, options_.prefix, options_.secret)
                                             : bench::sns_messages(options_.path, options_.sns_key, options_.sns_version);
        const size_t count = options_.sign ? 0 : options_.repeat ? 1 : options_.requests;
        prepared_.reserve(count);
        for (size_t i = 0; i < count; ++i) prepared_.push_back(messages_->make(i));
        latencies_.reserve(options_.requests);
        if (!options_.accepted.empty()) accepted_ = std::fopen(options_.accepted.c_str(), "a");
    }

    void run() {
        drip_connect();
        connections_.resize(options_.connections);
        began_ = Clock::now();
        for (auto& connection : connections_) open(connection);
        epoll_event events[256];
        while (busy_ > 0 && elapsed() < options_.seconds) {
            const int n = ::epoll_wait(epoll_, events, 256, 100);
            for (int i = 0; i < n; ++i) serve(*static_cast<Connection*>(events[i].data.ptr));
            drip();
        }
        seconds_ = elapsed();
    }

    /// Takes another thread's figures over; the run took as long as the longest.
    void add(const Load& other) {
        latencies_.insert(latencies_.end(), other.latencies_.begin(), other.latencies_.end());
        for (const auto& [status, count] : other.statuses_) statuses_[status] += count;
        started_ += other.started_, ok_ += other.ok_, other_ += other.other_, errors_ += other.errors_;
        seconds_ = std::max(seconds_, other.seconds_);
    }

    int report() {
        print();
        return errors_ == 0 && other_ == 0 ? 0 : 1;
    }

private:
    double elapsed() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

    void open(Connection& c) {
        c.fd = connect_to(options_.port);
        if (c.fd < 0) {
            ++errors_;
            return;
        }
        epoll_event event{EPOLLIN, {&c}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
        ++busy_;
        next(c);
    }

    const bench::Prepared& message(const Connection& c) const {
        return options_.sign ? c.made : prepared_[options_.repeat ? 0 : c.request];
    }

    void next(Connection& c) {
        if (started_ >= options_.requests) return close(c);
        c.request = started_++;
        if (options_.sign) c.made = messages_->make(c.request);
        c.sent = 0;
        c.answer.clear();
        c.began = Clock::now();
        c.busy = true;
        send(c);
    }

    void send(Connection& c) {
        const std::string& bytes = message(c).bytes;
        const ssize_t n = ::send(c.fd, bytes.data() + c.sent, bytes.size() - c.sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) return fail(c);
        if (n > 0) c.sent += static_cast<size_t>(n);
    }

    void serve(Connection& c) {
        char buffer[4096];
        const ssize_t n = ::recv(c.fd, buffer, sizeof buffer, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN)) return fail(c);
        if (n < 0) return;
        c.answer.append(buffer, static_cast<size_t>(n));
        const size_t length = complete(c.answer);
        if (length == 0) return;
        latencies_.push_back(static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - c.began).count()));
        const bool ok = c.answer.size() > 9 && c.answer[9] == '2';
        ok ? ++ok_ : ++other_;
        ++statuses_[c.answer.substr(9, 3)];
        if (ok && accepted_) {
            std::fprintf(accepted_, "%s\n", message(c).id.c_str());
            std::fflush(accepted_);
        }
        const bool closes = c.answer.find("Connection: close") != std::string::npos;
        c.busy = false;
        if (!closes) return next(c);
        close(c);
        if (started_ < options_.requests) open(c);
    }

    void fail(Connection& c) {
        ++errors_;
        close(c);
    }

    void close(Connection& c) {
        ::close(c.fd);
        c.fd = -1;
        --busy_;
    }

    void drip_connect() {
        static constexpr char head[] = "POST /hooks/bank HTTP/1.1\r\nHost: gateway.example\r\nContent-Type: application/json\r\nX-Drip: ";
        for (size_t i = 0; i < options_.drip; ++i) {
            const int fd = connect_to(options_.port);
            if (fd < 0) continue;
            (void)!::send(fd, head, sizeof head - 1, MSG_NOSIGNAL);
            drips_.push_back(fd);
        }
    }

    void drip() {
        const auto second = static_cast<long>(elapsed());
        if (second == last_drip_) return;
        last_drip_ = second;
        for (const int fd : drips_) (void)!::send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    double percentile(double p) const {
        return latencies_.empty()
                   ? 0
                   : latencies_[std::min(latencies_.size() - 1, static_cast<size_t>(p * static_cast<double>(latencies_.size())))] / 1000.0;
    }

    void print() {
        const double seconds = seconds_;
        std::sort(latencies_.begin(), latencies_.end());
        std::string statuses;
        for (const auto& [status, count] : statuses_)
            statuses += (statuses.empty() ? "\"" : ",\"") + status + "\":" + std::to_string(count);
        std::printf(
            "{\"requests\":%zu,\"ok\":%zu,\"other\":%zu,\"errors\":%zu,\"seconds\":%.3f,\"rate\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
            "\"max_ms\":%.3f,\"statuses\":{%s}}\n",
            started_, ok_, other_, errors_, seconds, static_cast<double>(ok_ + other_) / seconds, percentile(0.5), percentile(0.99),
            latencies_.empty() ? 0.0 : latencies_.back() / 1000.0, statuses.c_str());
    }

    Options options_;
    int epoll_;
    std::unique_ptr<bench::Messages> messages_;
    std::vector<bench::Prepared> prepared_;
    std::vector<Connection> connections_;
    std::vector<int> drips_;
    std::vector<uint32_t> latencies_; ///< microseconds
    std::map<std::string, size_t> statuses_;
    std::FILE* accepted_ = nullptr;
    Clock::time_point began_;
    size_t started_ = 0, busy_ = 0, ok_ = 0, other_ = 0, errors_ = 0;
    long last_drip_ = -1;
    double seconds_ = 0;
};

} // namespace

int get(int port, const std::string& path) {
    const int fd = connect_to(port);
    if (fd < 0) return 1;
    ::fcntl(fd, F_SETFL, 0);
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    (void)!::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<size_t>(n));
    ::close(fd);
    const size_t head = answer.find("\r\n\r\n");
    if (head == std::string::npos) return 1;
    std::fwrite(answer.data() + head + 4, 1, answer.size() - head - 4, stdout);
    return 0;
}

int main(int argc, char** argv) {
    Options options;
    std::string get_path;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--repeat" || name == "--sign") {
            (name == "--sign" ? options.sign : options.repeat) = true;
            continue;
        }
        if (i + 1 >= argc) break;
        const std::string value = argv[++i];
        if (name == "--port")
            options.port = std::stoi(value);
        else if (name == "--path")
            options.path = value;
        else if (name == "--secret")
            options.secret = value;
        else if (name == "--connections")
            options.connections = std::stoul(value);
        else if (name == "--requests")
            options.requests = std::stoul(value);
        else if (name == "--seconds")
            options.seconds = std::stod(value);
        else if (name == "--drip")
            options.drip = std::stoul(value);
        else if (name == "--accepted")
            options.accepted = value;
        else if (name == "--prefix")
            options.prefix = value;
        else if (name == "--get")
            get_path = value;
        else if (name == "--sns")
            options.sns_key = value;
        else if (name == "--sns-version")
            options.sns_version = value;
        else if (name == "--sns-identity")
            return bench::sns_identity(value) ? 0 : 1;
        else if (name == "--threads")
            options.threads = std::max(1ul, std::stoul(value));
        else {
            std::fprintf(stderr, "load: unknown option %s; see the top of load.cpp\n", name.c_str());
            return 2;
        }
    }
    if (options.port == 0) {
        std::fprintf(stderr, "load: --port is needed\n");
        return 2;
    }
    if (!get_path.empty()) return get(options.port, get_path);

    Options share = options;
    share.connections = options.connections / options.threads;
    share.requests = options.requests / options.threads;
    share.drip = options.drip / options.threads;
    // Signing takes longer than sending: on all threads.
    std::vector<std::unique_ptr<Load>> loads(options.threads);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < options.threads; ++i) {
        share.prefix = options.threads > 1 ? options.prefix + "_" + std::to_string(i) : options.prefix;
        threads.emplace_back([&loads, i, share] { loads[i] = std::make_unique<Load>(share); });
    }
    for (auto& thread : threads) thread.join();
    threads.clear();
    for (auto& load : loads) threads.emplace_back([&load] { load->run(); });
    for (auto& thread : threads) thread.join();
    for (size_t i = 1; i < loads.size(); ++i) loads[0]->add(*loads[i]);
    return loads[0]->report();
}
