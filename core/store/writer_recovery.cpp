// How the writer loses and regains the right to say "stored". The reasoning stands in store_file.hpp.
#include "core/store/store_file.hpp"
#include "core/store/writer.hpp"

#include <climits>

namespace gh::store {

namespace {

constexpr auto k_trial_pause = Millis(500);
constexpr auto k_trial_pause_when_asked = Millis(100);
constexpr auto k_complaint_pause = Millis(10'000);

} // namespace

void Writer::fail(const std::string& what, const std::string& why) {
    writable_ = false;
    writable_gauge_.set(0);
    failed_ = true;
    refused_since_trial_ = 0;
    // The first trial comes at once: a single hiccup then costs milliseconds.
    next_trial_ = Steady::now();
    next_complaint_ = Steady::now() + k_complaint_pause;
    log_.error("store", what + "; nothing is accepted until a trial commit succeeds: check the disk and its free space",
               {{"reason", why}, {"path", path_}});
}

Status Writer::open() {
    auto opened = open_durably(path_, options_.vfs);
    if (!opened) return opened.error();
    try {
        db_ = std::move(*opened);
        wal_frames_ = INT_MAX; // whatever comes first is a new beginning
        db_->on_wal([this](int frames) { note_wal(frames); });
        executor_ = std::make_unique<Executor>(*db_, clock_, options_.quarantine_bytes);
        retention_ = std::make_unique<Retention>(*db_, *executor_, clock_, options_.retention);
        return Done{};
    } catch (const SqlError& e) {
        close();
        return Error{"store: " + path_ + " cannot be read: " + e.what() + "; if it is damaged, put a backup in its place"};
    }
}

void Writer::close() {
    retention_.reset();
    executor_.reset();
    db_.reset();
}

bool Writer::recover() {
    std::string why;
    try {
        // First on the old connection: it knows where the WAL really ends, and overwrites what a failed commit left behind that end.
        if (db_) trial_commit(*db_);
        readers_.suspend();
        close();
        const auto opened = open();
        if (!opened) why = opened.error().message;
    } catch (const std::exception& e) {
        why = e.what();
        if (db_) db_->rollback();
    }
    readers_.resume();
    if (why.empty()) return true;
    if (Steady::now() >= next_complaint_) {
        next_complaint_ = Steady::now() + k_complaint_pause;
        log_.error("store", "still not writable", {{"reason", why}, {"path", path_}});
    }
    return false;
}

void Writer::wait_and_recover() {
    // What is queued waits for the trial: after a hiccup it is simply written.
    queue_.wait_for_wake(next_trial_);
    if (const auto asked = next_trial_ - k_trial_pause + k_trial_pause_when_asked; Steady::now() < asked && !queue_.closed()) {
        queue_.wait_for_wake(asked);
    }
    refused_since_trial_ = 0;
    if (recover()) {
        failed_ = false;
        writable_ = true;
        writable_gauge_.set(1);
        log_.info("store", "writable again", {{"path", path_}});
        return;
    }
    next_trial_ = Steady::now() + k_trial_pause;
    const Error error{"store: the disk does not take commits; see the log of the server"};
    auto given_up = queue_.take(SIZE_MAX, SIZE_MAX);
    answer_all(given_up, &error);
}

} // namespace gh::store
