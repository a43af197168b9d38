#include "core/egress/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <future>
#include <signal.h>
#include <stdexcept>
#include <unistd.h>

namespace gh::egress {

namespace {

constexpr size_t k_streams = 8;        ///< requests per HTTP/2 connection before another is opened
constexpr size_t k_known_hosts = 1024; ///< remembered while idle
constexpr size_t k_idle_handles = 64;
constexpr Millis k_longest_wait{60'000};
constexpr uint32_t k_wake_index = 2;

uint64_t tag(uint32_t index, int fd) {
    return static_cast<uint64_t>(index) << 32 | static_cast<uint32_t>(fd);
}

std::string system_bundle() {
    const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
    if (info->age >= CURLVERSION_SEVENTH && info->cainfo && ::access(info->cainfo, R_OK) == 0) return info->cainfo;
    return {};
}

} // namespace

Client::Impl::Impl(Options options, Log& log) : options_(std::move(options)), log_(log) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl does not start");
    shared_.user_agent = options_.user_agent.empty() ? "Gatehouse/1.0" : options_.user_agent;
    shared_.ca_bundle = system_bundle();
    if (shared_.ca_bundle.empty()) log_.warning("egress", "no trusted roots found: install ca-certificates, or calls over https fail");
    if (!options_.ca_file.empty()) {
        auto roots = load_roots(options_.ca_file);
        if (roots.ok())
            shared_.more_roots = std::move(roots).value();
        else
            log_.error("egress", roots.error().message);
    }
    curl_slist* resolve = nullptr;
    for (const auto& entry : options_.resolve) resolve = curl_slist_append(resolve, entry.c_str());
    shared_.resolve = std::shared_ptr<curl_slist>(resolve, curl_slist_free_all);

    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag(k_wake_index, wake_);
    if (epoll_ < 0 || wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0)
        throw std::runtime_error("egress: no more file descriptors; raise the limit (ulimit -n)");
    open_pool(pools_[0], 0);
    open_pool(pools_[1], 1);

    std::promise<void> begun;
    thread_ = NamedThread(options_.thread_name, [this, &begun] {
        thread_id_ = std::this_thread::get_id();
        begun.set_value();
        run();
    });
    begun.get_future().wait();
}

Client::Impl::~Impl() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    thread_.join();
    idle_.clear();
    for (auto& pool : pools_) curl_multi_cleanup(pool.multi);
    ::close(wake_);
    ::close(epoll_);
}

void Client::Impl::open_pool(Pool& pool, uint32_t index) {
    pool.owner = this;
    pool.index = index;
    pool.multi = curl_multi_init();
    if (!pool.multi) throw std::runtime_error("libcurl does not start");
    curl_multi_setopt(pool.multi, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(pool.multi, CURLMOPT_SOCKETDATA, &pool);
    curl_multi_setopt(pool.multi, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(pool.multi, CURLMOPT_TIMERDATA, &pool);
    curl_multi_setopt(pool.multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(pool.multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.connections));
    curl_multi_setopt(pool.multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options_.connections_per_host));
}

void Client::Impl::take(std::unique_ptr<Transfer> transfer) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = incoming_.empty();
        incoming_.push_back(std::move(transfer));
    }
    if (!first) return; // whoever was first has woken the thread already
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

int Client::Impl::on_socket(CURL*, curl_socket_t fd, int what, void* data, void* known) {
    auto& pool = *static_cast<Pool*>(data);
    const int epoll = pool.owner->epoll_;
    if (what == CURL_POLL_REMOVE) {
        ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
        return 0;
    }
    epoll_event event{};
    event.events =
        (what & CURL_POLL_IN ? static_cast<uint32_t>(EPOLLIN) : 0u) | (what & CURL_POLL_OUT ? static_cast<uint32_t>(EPOLLOUT) : 0u);
    event.data.u64 = tag(pool.index, fd);
    if (!known) curl_multi_assign(pool.multi, fd, &pool);
    if (::epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        ::epoll_ctl(epoll, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    return 0;
}

int Client::Impl::on_timer(CURLM*, long timeout_ms, void* data) {
    auto& pool = *static_cast<Pool*>(data);
    pool.timer.reset();
    if (timeout_ms >= 0) pool.timer = Steady::now() + Millis(timeout_ms);
    return 0;
}

void Client::Impl::run() {
    // TLS writes to a closed connection raise SIGPIPE, and libcurl is told to leave signals alone.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);

    while (accept_new()) {
        admit();
        wait_for_events();
        run_timers();
        for (auto& pool : pools_) collect(pool);
        expire();
    }
    cancel_all();
}

bool Client::Impl::accept_new() {
    std::vector<std::unique_ptr<Transfer>> fresh;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return false;
        fresh.swap(incoming_);
    }
    for (auto& transfer : fresh) enqueue(std::move(transfer));
    return true;
}

void Client::Impl::enqueue(std::unique_ptr<Transfer> transfer) {
    if (transfer->refused()) {
        transfer->answer();
        return;
    }
    Transfer* t = transfer.get();
    const uint32_t index = t->private_addresses() ? 1 : 0;
    if (hosts_.size() >= k_known_hosts) sweep_hosts();
    Host& host = hosts_[std::to_string(index) + t->url().scheme + "://" + t->url().authority()];
    host.pool = &pools_[index];
    host.waiting.push_back(t);
    jobs_.emplace(t, Job{std::move(transfer), &host, false, std::prev(host.waiting.end())});
    deadlines_.emplace(t->deadline(), t);
    mark_runnable(host);
}

size_t Client::Impl::limit_of(const Host& host) const {
    const size_t connections = std::max<size_t>(options_.connections_per_host, 1);
    return host.multiplexed ? connections * k_streams : connections;
}

void Client::Impl::mark_runnable(Host& host) {
    if (host.runnable || host.waiting.empty() || host.active >= limit_of(host)) return;
    host.runnable = true;
    runnable_.push_back(&host);
}

void Client::Impl::admit() {
    // Hosts take turns, so that a long queue for one does not keep another waiting.
    while (!runnable_.empty() && active_ < std::max<size_t>(options_.connections, 1)) {
        Host& host = *runnable_.front();
        runnable_.pop_front();
        host.runnable = false;
        if (host.waiting.empty() || host.active >= limit_of(host)) continue;
        start(host);
        mark_runnable(host);
    }
}

void Client::Impl::start(Host& host) {
    Transfer* t = host.waiting.front();
    Job& job = jobs_.at(t);
    host.waiting.pop_front();
    Easy easy;
    if (idle_.empty()) {
        easy.reset(curl_easy_init());
    } else {
        easy = std::move(idle_.back());
        idle_.pop_back();
    }
    job.running = true;
    ++host.active;
    ++active_;
    if (!easy) {
        t->fail(Failure::protocol, "out of memory");
        return release(t);
    }
    t->prepare(std::move(easy), shared_, std::chrono::duration_cast<Millis>(t->deadline() - Steady::now()));
    if (!t->refused() && curl_multi_add_handle(host.pool->multi, t->easy()) != CURLM_OK)
        t->fail(Failure::protocol, "libcurl takes no more requests");
    if (t->refused()) release(t);
}

void Client::Impl::wait_for_events() {
    const auto now = Steady::now();
    auto until = now + k_longest_wait;
    if (!deadlines_.empty()) until = std::min(until, deadlines_.begin()->first);
    for (const auto& pool : pools_)
        if (pool.timer) until = std::min(until, *pool.timer);
    const auto wait = until <= now ? Millis(0) : std::chrono::ceil<Millis>(until - now);
    epoll_event events[128];
    const int count = ::epoll_wait(epoll_, events, std::size(events), static_cast<int>(wait.count()));
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<uint32_t>(events[i].data.u64 >> 32);
        const auto fd = static_cast<int>(events[i].data.u64 & 0xffffffffu);
        if (index == k_wake_index) {
            uint64_t value = 0;
            [[maybe_unused]] const auto got = ::read(wake_, &value, sizeof value);
            continue;
        }
        const uint32_t seen = events[i].events;
        const int mask = (seen & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (seen & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                         (seen & EPOLLERR ? CURL_CSELECT_ERR : 0);
        drive(pools_[index], fd, mask);
    }
}

void Client::Impl::run_timers() {
    const auto now = Steady::now();
    for (auto& pool : pools_) {
        if (!pool.timer || *pool.timer > now) continue;
        pool.timer.reset();
        drive(pool, CURL_SOCKET_TIMEOUT, 0);
    }
}

void Client::Impl::drive(Pool& pool, curl_socket_t fd, int mask) {
    int running = 0;
    if (const CURLMcode code = curl_multi_socket_action(pool.multi, fd, mask, &running); code != CURLM_OK)
        log_.error("egress", "libcurl failed", {{"reason", curl_multi_strerror(code)}});
}

void Client::Impl::collect(Pool& pool) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(pool.multi, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result; // the message is gone once the handle is removed
        char* mine = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &mine);
        auto* t = reinterpret_cast<Transfer*>(mine);
        t->finish(code);
        jobs_.at(t).host->multiplexed = t->multiplexed();
        curl_multi_remove_handle(pool.multi, t->easy());
        release(t);
    }
}

void Client::Impl::expire() {
    const auto now = Steady::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        Transfer* t = deadlines_.begin()->second;
        const Job& job = jobs_.at(t);
        if (job.running) curl_multi_remove_handle(job.host->pool->multi, t->easy());
        t->fail(Failure::timeout,
                job.running ? "no complete answer within the time allowed" : "waited for a free connection until the time was over");
        release(t);
    }
}

void Client::Impl::release(Transfer* t) {
    auto node = jobs_.extract(t);
    Job& job = node.mapped();
    deadlines_.erase({t->deadline(), t});
    if (job.running) {
        --job.host->active;
        --active_;
    } else {
        job.host->waiting.erase(job.place);
    }
    mark_runnable(*job.host);
    Easy easy = t->answer();
    if (easy && idle_.size() < k_idle_handles) idle_.push_back(std::move(easy));
}

void Client::Impl::cancel_all() {
    while (!jobs_.empty()) {
        Transfer* t = jobs_.begin()->first;
        const Job& job = jobs_.begin()->second;
        if (job.running) curl_multi_remove_handle(job.host->pool->multi, t->easy());
        t->fail(Failure::cancelled, "the client has ended");
        release(t);
    }
    // A callback may have sent another one.
    for (;;) {
        std::vector<std::unique_ptr<Transfer>> late;
        {
            const std::lock_guard lock(mutex_);
            late.swap(incoming_);
        }
        if (late.empty()) return;
        for (auto& transfer : late) {
            if (!transfer->refused()) transfer->fail(Failure::cancelled, "the client has ended");
            transfer->answer();
        }
    }
}

void Client::Impl::sweep_hosts() {
    std::erase_if(hosts_,
                  [](const auto& entry) { return entry.second.active == 0 && entry.second.waiting.empty() && !entry.second.runnable; });
}

} // namespace gh::egress
