// nakama is the peer of tests/bench/match: the matchmaker that Nakama
// publishes (github.com/heroiclabs/nakama, server/matchmaker_process.go, v3.30
// to v3.40 alike), on the search library it uses and configured as it does,
// written anew: the module itself is not to be had from a proxy, and its types
// want a whole server around them.
//
// What it does per active ticket, in no order: one boolean search over all
// tickets (the ticket's query, and compatible counts), as many hits as there
// are tickets, by score and then age; the first hit not taken yet, and with
// -mutual (Nakama's rev_precision, off unless set) whose own query finds the
// ticket, is the match; both leave the index.
//
// Reads cards on standard input, a JSON object a line (engine_bench --cards):
// peers, then seekers.  A term is a property; what is sought is optional with
// a boost of 1, 4 or 16, what a card requires or rules out is + or -.
// Prints "name value" lines.  Usage: nakama [-mutual] < CARDS
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"strconv"
	"syscall"

	"github.com/blugelabs/bluge"
	"github.com/blugelabs/bluge/analysis/analyzer"
	"github.com/blugelabs/bluge/index"
	"github.com/blugelabs/bluge/search"
	"github.com/blugelabs/bluge/search/similarity"
	segment "github.com/blugelabs/bluge_segment_api"
)

type group struct {
	Any        []string
	Importance int
}

type card struct {
	Role    string
	Have    []string
	Seek    []group
	Must    []group
	MustNot []string `json:"must_not"`
}

// boostOnly scores a term by its boost alone, as Nakama does.
type boostOnly struct{}

func (boostOnly) ComputeNorm(int) float32 { return 0 }

func (boostOnly) Scorer(boost float64, _ segment.CollectionStats, _ segment.TermStats) search.Scorer {
	return similarity.ConstantScorer(boost)
}

var keyword = analyzer.NewKeywordAnalyzer()

func property(name, value string, boost float64) bluge.Query {
	return bluge.NewMatchQuery(value).SetField("properties." + name).SetAnalyzer(keyword).SetBoost(boost)
}

// query of a card: what its tickets ask of others.
func (c *card) query() bluge.Query {
	other := map[string]string{"seeker": "peer", "peer": "seeker"}[c.Role]
	all := bluge.NewBooleanQuery().AddMust(property("role", other, 1))
	for _, must := range c.Must {
		one := bluge.NewBooleanQuery().SetMinShould(1)
		for _, term := range must.Any {
			one.AddShould(property(term, "y", 1))
		}
		all.AddMust(one)
	}
	for _, term := range c.MustNot {
		all.AddMustNot(property(term, "y", 1))
	}
	for _, seek := range c.Seek {
		for _, term := range seek.Any {
			all.AddShould(property(term, "y", math.Pow(4, float64(seek.Importance-1))))
		}
	}
	return all
}

type pool struct {
	writer  *bluge.Writer
	query   map[string]bluge.Query // of every ticket
	seekers []string
	mutual  bool
	hits    int
}

func (p *pool) add(batch *index.Batch, id string, c *card, at int) {
	doc := bluge.NewDocument(id)
	doc.AddField(bluge.NewKeywordField("ticket", id).StoreValue())
	doc.AddField(bluge.NewNumericField("min_count", 2).StoreValue())
	doc.AddField(bluge.NewNumericField("max_count", 2).StoreValue())
	doc.AddField(bluge.NewKeywordField("party_id", "").StoreValue())
	doc.AddField(bluge.NewNumericField("created_at", float64(at)).StoreValue())
	doc.AddField(bluge.NewKeywordField("properties.role", c.Role))
	for _, term := range c.Have {
		doc.AddField(bluge.NewKeywordField("properties."+term, "y"))
	}
	batch.Insert(doc)
	p.query[id] = c.query()
	if c.Role == "seeker" {
		p.seekers = append(p.seekers, id)
	}
}

// finds says whether the query of one ticket finds another.
func (p *pool) finds(reader *bluge.Reader, from, to string) (bool, error) {
	both := bluge.NewBooleanQuery().AddMust(bluge.NewTermQuery(to).SetField("_id"), p.query[from])
	found, err := reader.Search(context.Background(), bluge.NewTopNSearch(0, both).WithStandardAggregations())
	if err != nil {
		return false, err
	}
	return found.Aggregations().Count() == 1, nil
}

// match is the first of all hits that is still to be had.
func (p *pool) match(id string, taken map[string]bool) (string, error) {
	const count = 2 // a pair, for every ticket
	all := bluge.NewBooleanQuery().AddMust(p.query[id])
	all.AddMust(bluge.NewNumericRangeInclusiveQuery(count, math.Inf(1), true, true).SetField("min_count"))
	all.AddMust(bluge.NewNumericRangeInclusiveQuery(math.Inf(-1), count, true, true).SetField("max_count"))
	request := bluge.NewTopNSearch(len(p.query), all)
	request.SortBy([]string{"-_score", "created_at"})
	reader, err := p.writer.Reader()
	if err != nil {
		return "", err
	}
	defer reader.Close()
	found, err := reader.Search(context.Background(), request)
	if err != nil {
		return "", err
	}
	var hits []string // all of them, as there
	for hit, err := found.Next(); hit != nil || err != nil; hit, err = found.Next() {
		if err != nil {
			return "", err
		}
		var name string
		err = hit.VisitStoredFields(func(field string, value []byte) bool {
			if field == "_id" {
				name = string(value)
			}
			return true
		})
		if err != nil {
			return "", err
		}
		hits = append(hits, name)
	}
	p.hits += len(hits)
	for _, hit := range hits {
		if taken[hit] || hit == id {
			continue
		}
		if p.mutual {
			if also, err := p.finds(reader, hit, id); err != nil || !also {
				continue
			}
		}
		return hit, nil
	}
	return "", nil
}

func cpuMs() float64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		log.Fatal(err)
	}
	return float64(use.Utime.Nano()+use.Stime.Nano()) / 1e6
}

func (p *pool) read() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	batch := bluge.NewBatch()
	n := 0
	for ; lines.Scan(); n++ {
		var c card
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return err
		}
		p.add(batch, strconv.Itoa(n), &c, n)
		if n%1000 == 999 {
			if err := p.writer.Batch(batch); err != nil {
				return err
			}
			batch.Reset()
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return p.writer.Batch(batch)
}

func main() {
	log.SetFlags(0)
	p := &pool{query: map[string]bluge.Query{}}
	flag.BoolVar(&p.mutual, "mutual", false, "check that both want each other")
	flag.Parse()
	config := bluge.InMemoryOnlyConfig()
	config.DefaultSimilarity = boostOnly{}
	config.DefaultSearchAnalyzer = keyword
	var err error
	if p.writer, err = bluge.OpenWriter(config); err != nil {
		log.Fatal(err)
	}
	if err = p.read(); err != nil {
		log.Fatal(err)
	}
	peers := len(p.query) - len(p.seekers)
	taken := map[string]bool{}
	matched := 0
	began := cpuMs()
	for _, id := range p.seekers {
		hit, err := p.match(id, taken)
		if err != nil {
			log.Fatal(err)
		}
		if hit == "" {
			continue
		}
		matched++
		taken[id], taken[hit] = true, true
		gone := bluge.NewBatch()
		gone.Delete(bluge.Identifier(id))
		gone.Delete(bluge.Identifier(hit))
		if err := p.writer.Batch(gone); err != nil {
			log.Fatal(err)
		}
	}
	took := cpuMs() - began
	fmt.Printf("peers %d\nseekers %d\nmatched %d\nhits %d\nall_ms %.1f\nseeker_ms %.3f\n",
		peers, len(p.seekers), matched, p.hits, took, took/float64(len(p.seekers)))
}
