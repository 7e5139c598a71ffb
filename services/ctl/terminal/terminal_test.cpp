#include "ctl/terminal/terminal.h"

#include <gtest/gtest.h>

namespace marquee::ctl {
namespace {

TEST(Table, AlignsByCharactersAndPutsNumbersToTheRight) {
  EXPECT_EQ(Table({"title", "n"}, {{"Amélie", "7"}, {"Up", "1,234"}}),
            "title       n\n"
            "──────  ─────\n"
            "Amélie      7\n"
            "Up      1,234\n");
}

TEST(Table, CutsLongCells) { EXPECT_EQ(Table({"t"}, {{"ééééé"}}, 3), "t\n───\néé…\n"); }

TEST(Grouped, GroupsByThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace marquee::ctl
