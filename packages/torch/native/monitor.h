// Who of a run's ranks is alive. Each rank writes a sign of life into the store every now and then, on a thread and a
// connection of its own; after a failed exchange the ranks whose signs have stopped are named, by all ranks the same.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <torch/csrc/distributed/c10d/Store.hpp>

namespace paramwise {

class Monitor : public std::enable_shared_from_this<Monitor> {
 public:
  // `holder` says who holds the store, for the message of a rank that cannot reach it; `holds_store` whether this one does.
  struct Place {
    int rank;
    int size;
    bool holds_store;
    std::string holder;
    std::optional<int> holder_rank;
  };
  Monitor(Place place, c10::intrusive_ptr<c10d::Store> store);

  // Begins to give signs of life; the first is there on return.
  void start();
  // Says that this rank leaves. `together`: waits up to two seconds for the others to leave too, so that the store is there
  // until all have left, and its port is free afterwards.
  void stop(bool together);

  // An operation of the whole run begins: what ranks are compared by that are alive.
  void count_operation() { operations_++; }
  void note_failure() { failed_ = unexplained_ = true; }
  bool has_failure() const { return failed_; }
  bool has_unexplained_failure() const { return unexplained_; }

  // What is known of the other ranks, as a sentence, after at most some seconds.
  std::string explain();
  // The ranks that were found to be gone.
  std::vector<int> lost();

 private:
  struct Sign {
    std::string text;  // `beats operations`, or `left`; empty where the rank never gave one
    bool left() const { return text == "left"; }
  };
  struct Finding {
    std::vector<int> gone;
    std::string text;
  };

  void run();
  void leave();
  bool others_left();
  void beat();
  std::vector<Sign> signs();
  void look();
  void find_silent(const std::vector<Sign>& before, const std::vector<Sign>& after);
  std::string behind(const std::vector<Sign>& after) const;
  void adopt_others_finding();
  void conclude(Finding finding);
  void give_up();
  Finding holder_lost(const char* how) const;
  // True when it was asked to stop.
  bool pause(std::chrono::milliseconds length);

  const Place place_;
  const c10::intrusive_ptr<c10d::Store> store_;
  const std::chrono::milliseconds interval_;
  std::atomic<uint64_t> operations_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> unexplained_{false};

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t beats_ = 0;
  bool stopping_ = false;
  bool together_ = false;
  bool ended_ = false;
  bool asked_ = false;
  std::optional<Finding> finding_;
  std::string last_look_;
};

}  // namespace paramwise
