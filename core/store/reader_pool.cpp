#include "core/store/reader_pool.hpp"

#include "core/store/schema.hpp"

#include <sqlite3.h>

namespace gh::store {

namespace {

constexpr int k_reader_cache_kib = 2'000;

} // namespace

ReaderPool::ReaderPool(std::string path, std::string vfs, size_t connections)
    : path_(std::move(path)), vfs_(std::move(vfs)), limit_(connections) {}

ReaderPool::Lease ReaderPool::lease() {
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return state_ == State::closed || (state_ == State::open && in_use_ < limit_); });
        if (state_ == State::closed) throw SqlError(SQLITE_MISUSE, "the store is closed");
        ++in_use_;
        if (!idle_.empty()) {
            auto db = std::move(idle_.back());
            idle_.pop_back();
            return {*this, std::move(db)};
        }
    }
    try {
        auto db = std::make_unique<Database>(path_, vfs_, false);
        configure_connection(*db, k_reader_cache_kib);
        db->exec("PRAGMA query_only = ON");
        return {*this, std::move(db)};
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void ReaderPool::give_back(std::unique_ptr<Database> db) {
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
        if (db) idle_.push_back(std::move(db));
    }
    changed_.notify_all();
}

void ReaderPool::drain(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [this] { return in_use_ == 0; });
    idle_.clear();
}

void ReaderPool::open() {
    const std::lock_guard lock(mutex_);
    state_ = State::open;
}

void ReaderPool::suspend() {
    std::unique_lock lock(mutex_);
    if (state_ == State::open) state_ = State::suspended;
    drain(lock);
}

void ReaderPool::resume() {
    {
        const std::lock_guard lock(mutex_);
        if (state_ == State::suspended) state_ = State::open;
    }
    changed_.notify_all();
}

void ReaderPool::close() {
    std::unique_lock lock(mutex_);
    state_ = State::closed;
    changed_.notify_all();
    drain(lock);
}

} // namespace gh::store
