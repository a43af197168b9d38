#include "core/http/mailbox.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace gh::http {

Mailbox::Mailbox() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Mailbox::~Mailbox() {
    ::close(fd_);
}

void Mailbox::post(const std::shared_ptr<Exchange::State>& state) {
    if (state->posted.exchange(true)) return;
    state->self = state;
    auto* raw = state.get();
    auto* head = head_.load(std::memory_order_relaxed);
    do raw->next = head;
    while (!head_.compare_exchange_weak(head, raw));
    // Either the loop sees the state when it closes, or this thread sees that it is closed.
    if (closed_.load()) return drop_all();
    if (sleeping_.load() && sleeping_.exchange(false)) {
        const uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
    }
}

void Mailbox::wake() {
    woken_.store(true);
    if (sleeping_.exchange(false)) {
        const uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
    }
}

void Mailbox::close() {
    closed_.store(true);
    drop_all();
}

void Mailbox::drop_all() {
    auto* list = take_all();
    while (list) take(list);
}

Exchange::State* Mailbox::take_all() {
    if (!head_.load(std::memory_order_relaxed)) return nullptr;
    auto* newest = head_.exchange(nullptr);
    Exchange::State* oldest = nullptr;
    while (newest) {
        auto* next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

std::shared_ptr<Exchange::State> Mailbox::take(Exchange::State*& list) {
    auto state = std::move(list->self);
    list = list->next;
    // From here on a stream may post again; what it wrote before is seen by whoever looks after this line.
    state->posted.store(false);
    return state;
}

bool Mailbox::begin_sleep() {
    sleeping_.store(true);
    if (!head_.load() && !woken_.exchange(false)) return true;
    sleeping_.store(false);
    return false;
}

void Mailbox::end_sleep() {
    woken_.store(false);
    sleeping_.store(false);
}

} // namespace gh::http
