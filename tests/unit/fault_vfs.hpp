// An SQLite VFS over the default one that fails on demand and knows what a power cut would leave.
//
// The model, per file: what the disk holds, and which pages of 4096 bytes were written since they were last synced ("dirty"). A sync brings
// the dirty pages to the disk. A sync that fails brings some of them there at most, and they count as clean afterwards, as Linux does it: a
// later sync that succeeds says nothing about them. The real file always has everything, as the page cache does. After a power cut the file
// is what the disk holds plus any of the dirty pages.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>

namespace gh::store_test {

class FaultVfs {
public:
    enum class Operation { write, sync, truncate };
    struct Call {
        Operation operation;
        bool wal = false; ///< the write-ahead log; else the database
        int64_t offset = 0;
        int amount = 0;
    };

    /// Registers under a name of its own. All its files must be closed before it ends.
    explicit FaultVfs(unsigned seed = 1);
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;
    ~FaultVfs();
    const std::string& name() const { return name_; }

    /// Asked before each call: SQLITE_OK, or the code to fail with. A write that fails leaves a part of itself. Called under a lock.
    void decide(std::function<int(const Call&)>);
    /// Writes that would make all files together larger than this fail with SQLITE_FULL. 0: no limit.
    void limit_bytes(int64_t);
    int64_t used_bytes() const;

    /// From now on everything fails and changes nothing: the process is as good as dead. Then close, and go on with one of these two.
    void freeze();
    /// The process died: the page cache lives on.
    void thaw();
    /// The power failed: the files become what the disk holds, with some of what was on its way.
    void lose_power();

    int64_t syncs() const;

private:
    struct Impl;
    friend struct FaultFile;
    struct Model {
        std::string disk;
        std::set<int64_t> dirty;
        bool resized = false; // since the last sync
    };
    Model& model(const std::string& path);
    int ask(const Call&);
    void sync_model(const std::string& path, bool fails);
    void note_write(const std::string& path, int64_t offset, int64_t amount);
    static std::string real_content(const std::string& path);

    mutable std::mutex mutex_;
    std::string name_;
    std::unique_ptr<Impl> impl_;
    std::mt19937 random_;
    std::function<int(const Call&)> decide_;
    std::map<std::string, Model> models_;
    int64_t limit_ = 0, syncs_ = 0;
    bool frozen_ = false;
};

} // namespace gh::store_test
