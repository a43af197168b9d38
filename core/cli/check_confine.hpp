// What a child of the conformance check leaves behind for its parent, and the filter of system calls it works under.
#pragma once

#include <string>
#include <string_view>

namespace gh::cli {

/// In memory that both processes see: what the child was doing, and the forbidden call that ended it. Written by the child alone, read by
/// the parent after the child's end; safe to write from a signal handler.
class BlameNote {
public:
    void clear();
    void set(std::string_view);
    void set_forbidden(long number) { forbidden_ = number + 1; }
    std::string text() const;
    /// "socket()", or empty.
    std::string forbidden() const;

private:
    volatile long forbidden_ = 0; ///< number + 1
    char text_[504] = {};
};

/// Owns the shared page.
class SharedNote {
public:
    SharedNote();
    ~SharedNote();
    SharedNote(const SharedNote&) = delete;
    SharedNote& operator=(const SharedNote&) = delete;
    BlameNote* operator->() const { return note_; }
    BlameNote& operator*() const { return *note_; }

private:
    BlameNote* note_;
};

/// A forbidden call (see confine()) writes its number into the note and ends the process.
void watch_forbidden_calls(BlameNote&);

} // namespace gh::cli
