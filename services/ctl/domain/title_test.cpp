#include "ctl/domain/title.h"

#include <gtest/gtest.h>

namespace marquee::ctl {
namespace {

struct Case {
  const char* text;
  const char* title;
  int year;
};

class TitleTest : public testing::TestWithParam<Case> {};

TEST_P(TitleTest, IsTakenApart) {
  const auto [text, title, year] = GetParam();
  const auto split = TakeTitleApart(text);
  EXPECT_EQ(split.title, title);
  EXPECT_EQ(split.year, year);
}

TEST(Title, SaysWhetherAnArticleWasMoved) {
  EXPECT_TRUE(TakeTitleApart("Matrix, The (1999)").article_moved);
  EXPECT_TRUE(TakeTitleApart("Hate (Haine, La) (1995)").article_moved);
  EXPECT_FALSE(TakeTitleApart("The Matrix (1999)").article_moved);
  EXPECT_FALSE(TakeTitleApart("Lust, Caution (Se, jie) (2007)").article_moved);
}

INSTANTIATE_TEST_SUITE_P(
    Years, TitleTest,
    testing::Values(
        Case{"Toy Story (1995)", "Toy Story", 1995}, Case{"Toy Story", "Toy Story", 0},
        Case{"  Toy Story (1995)  ", "Toy Story", 1995},
        Case{"Harbour Lights (1988-1990)", "Harbour Lights", 1988},
        Case{"Paper Kites (1991–1993)", "Paper Kites", 1991},
        Case{"Desu nôto (2006—07)", "Desu nôto", 2006}, Case{"Now (2009-)", "Now", 2009},
        Case{"Now (2009– )", "Now", 2009}, Case{"Twins (1999/II)", "Twins", 1999},
        Case{"The Slow Train (2003) (V)", "The Slow Train (V)", 2003},
        Case{"Slow Train, The (2003) (TV)", "The Slow Train (TV)", 2003},
        Case{"2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968},
        Case{"1984 (1984)", "1984", 1984}, Case{"1984", "1984", 0}, Case{"(1984)", "(1984)", 0},
        Case{"(500) Days of Summer (2009)", "(500) Days of Summer", 2009},
        Case{"1-900 (06) (1994)", "1-900 (06)", 1994}, Case{"Babylon 5", "Babylon 5", 0},
        Case{"2001 (abcd)", "2001 (abcd)", 0}, Case{"Blade Runner 2049", "Blade Runner 2049", 0},
        Case{"Far Off (3000)", "Far Off (3000)", 0}, Case{"Decade (1990s)", "Decade (1990s)", 0},
        Case{"Twice (2000) (1999)", "Twice (2000)", 1999},
        Case{"Frontière(s) (2007)", "Frontière(s)", 2007}, Case{"[REC]² (2009)", "[REC]²", 2009},
        Case{"You Are (Not) Alone (2007)", "You Are (Not) Alone", 2007},
        Case{"Open (1999", "Open (1999", 0}, Case{"Shut 1999)", "Shut 1999)", 0}, Case{"", "", 0},
        Case{"()", "()", 0}, Case{")(", ")(", 0}));

INSTANTIATE_TEST_SUITE_P(
    Articles, TitleTest,
    testing::Values(
        Case{"Matrix, The (1999)", "The Matrix", 1999},
        Case{"matrix, the (1999)", "the matrix", 1999},
        Case{"Bug's Life, A (1998)", "A Bug's Life", 1998}, Case{"Affair, An", "An Affair", 0},
        Case{"Avventura, L' (1960)", "L'Avventura", 1960},
        Case{"Avventura, L’ (1960)", "L’Avventura", 1960},
        Case{"Boot, Das (Boat, The) (1981)", "Das Boot (The Boat)", 1981},
        Case{"Postino, Il", "Il Postino", 0}, Case{"Olvidados, Los", "Los Olvidados", 0},
        Case{"Passion of Anna, The (Passion, En) (1969)", "The Passion of Anna (En Passion)", 1969},
        Case{"Green Butchers, The (Grønne slagtere, De) (2003)",
             "The Green Butchers (De Grønne slagtere)", 2003},
        Case{"Seventh Seal, The (Sjunde inseglet, Det) (1957)",
             "The Seventh Seal (Det Sjunde inseglet)", 1957},
        Case{"Vitelloni, I (a.k.a. The Young and the Passionate) (1953)",
             "I Vitelloni (a.k.a. The Young and the Passionate)", 1953},
        Case{"City of Lost Children, The (Cité des enfants perdus, La) (1995)",
             "The City of Lost Children (La Cité des enfants perdus)", 1995},
        Case{"City of the Living Dead (a.k.a. Gates of Hell, The) (Paura nella città dei morti "
             "viventi) (1980)",
             "City of the Living Dead (a.k.a. The Gates of Hell) (Paura nella città dei morti "
             "viventi)",
             1980},
        Case{"Asterix in America (a.k.a Conquest, The) (1994)",
             "Asterix in America (a.k.a The Conquest)", 1994},
        Case{"Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)",
             "The Good, the Bad and the Ugly (Il Buono, il brutto, il cattivo)", 1966},
        Case{"Human Centipede, The (First Sequence) (2009)", "The Human Centipede (First Sequence)",
             2009},
        Case{"Lord of the Rings: The Fellowship of the Ring, The (2001)",
             "The Lord of the Rings: The Fellowship of the Ring", 2001},
        Case{"Strike! (a.k.a. All I Wanna Do, The Hairy Bird) (1998)",
             "Strike! (a.k.a. All I Wanna Do, The Hairy Bird)", 1998}));

INSTANTIATE_TEST_SUITE_P(
    NotArticles, TitleTest,
    testing::Values(Case{"Lust, Caution (Se, jie) (2007)", "Lust, Caution (Se, jie)", 2007},
                    Case{"Me, Myself, I (1999)", "Me, Myself, I", 1999},
                    Case{"Live, Love, Die", "Live, Love, Die", 0},
                    Case{"Goodbye, Lenin!", "Goodbye, Lenin!", 0},
                    Case{"Monsters, Inc. (2001)", "Monsters, Inc.", 2001},
                    Case{"Hello, Dolly! (1969)", "Hello, Dolly!", 1969},
                    Case{"Paris, Texas (1984)", "Paris, Texas", 1984},
                    Case{"Kill Bill, Part 1", "Kill Bill, Part 1", 0}, Case{", The", ", The", 0},
                    Case{"The", "The", 0}, Case{"Them, theirs", "Them, theirs", 0},
                    Case{"Sorry, die", "Sorry, die", 0},
                    Case{"Birdman: Or (The Unexpected Virtue of Ignorance) (2014)",
                         "Birdman: Or (The Unexpected Virtue of Ignorance)", 2014}));

}  // namespace
}  // namespace marquee::ctl
