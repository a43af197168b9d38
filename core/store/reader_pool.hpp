// A few connections for reading, beside the writer's.
//
// Each read is short (long lists are read in pieces), so that no reader keeps the WAL from being copied and started anew.
#pragma once

#include "core/store/sqlite.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gh::store {

class ReaderPool {
public:
    ReaderPool(std::string path, std::string vfs, size_t connections = 4);

    /// A connection for as long as this lives.
    class Lease {
    public:
        Lease(ReaderPool& pool, std::unique_ptr<Database> db) : pool_(&pool), db_(std::move(db)) {}
        Lease(Lease&&) = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (db_) pool_->give_back(std::move(db_));
        }
        Database& operator*() { return *db_; }

    private:
        ReaderPool* pool_;
        std::unique_ptr<Database> db_;
    };
    /// Waits for a free connection, and while the pool is suspended. Throws SqlError when it is closed or the file cannot be opened.
    Lease lease();

    void open(); ///< before that it is closed
    /// Closes all connections, waiting for those in use; lease() waits until resume().
    void suspend();
    void resume();
    /// Like suspend, but for good: lease() throws.
    void close();

private:
    void give_back(std::unique_ptr<Database>);
    void drain(std::unique_lock<std::mutex>&);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string path_, vfs_;
    size_t limit_;
    size_t in_use_ = 0;
    std::vector<std::unique_ptr<Database>> idle_;
    enum class State { open, suspended, closed } state_ = State::closed;
};

} // namespace gh::store
