// Command interop reads a log directory with Go's own tlog and note packages and accepts nothing it cannot prove.
//
//	interop <directory> <verifier key> <receipts> <proofs>
//
// It checks the signature of every checkpoint, every hash tile, every entry, each checkpoint's root, the inclusion
// proofs in <receipts> (a directory of .tlog-proof files) and the consistency proofs in <proofs> (one a line: old size,
// size, base64 hashes).
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// tiles reads tlog-tiles paths, which leave out the height that Go's own layout spells.
type tiles struct{ directory string }

func (t tiles) Height() int                     { return height }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.directory, path(tile)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func path(tile tlog.Tile) string {
	p := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	return "tile/" + strings.Replace(p, "data/", "entries/", 1)
}

func open(raw []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(raw, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		log.Fatalf("not a checkpoint of %s: %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

// readEntries gives every entry of the log, after the tree has confirmed it and its bundle was read to the last byte.
func readEntries(directory string, size int64, hashes tlog.HashReader) (entries [][]byte) {
	for first := int64(0); first < size; first += 1 << height {
		width := min(size-first, 1<<height)
		tile := tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)}
		bundle, err := os.ReadFile(filepath.Join(directory, path(tile)))
		must(err)
		var indexes []int64
		for index := first; index < first+width; index++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, index))
		}
		leaves, err := hashes.ReadHashes(indexes)
		must(err)
		for _, leaf := range leaves {
			length := int(binary.BigEndian.Uint16(bundle))
			entry := bundle[2 : 2+length]
			if tlog.RecordHash(entry) != leaf {
				log.Fatalf("entry %d is not the one in the tree", len(entries))
			}
			entries, bundle = append(entries, entry), bundle[2+length:]
		}
		if len(bundle) != 0 {
			log.Fatalf("%d bytes are left in %s", len(bundle), path(tile))
		}
	}
	return entries
}

func checkReceipt(name string, verifier note.Verifier, entries [][]byte) {
	raw, err := os.ReadFile(name)
	must(err)
	head, signed, _ := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		log.Fatalf("%s is not a receipt", name)
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	tree := open(signed, verifier)
	must(tlog.CheckRecord(parse(lines[2:]), tree.N, tree.Hash, index, tlog.RecordHash(entries[index])))
}

func checkProof(line string, hashes tlog.HashReader) {
	words := strings.Fields(line)
	old, err := strconv.ParseInt(words[0], 10, 64)
	must(err)
	size, err := strconv.ParseInt(words[1], 10, 64)
	must(err)
	before, err := tlog.TreeHash(old, hashes)
	must(err)
	after, err := tlog.TreeHash(size, hashes)
	must(err)
	must(tlog.CheckTree(parse(words[2:]), size, after, old, before))
}

func parse(lines []string) (proof []tlog.Hash) {
	for _, line := range lines {
		raw, err := base64.StdEncoding.DecodeString(line)
		must(err)
		proof = append(proof, tlog.Hash(raw))
	}
	return proof
}

func main() {
	log.SetFlags(0)
	directory, vkey, receipts, proofs := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	verifier, err := note.NewVerifier(vkey)
	must(err)
	raw, err := os.ReadFile(filepath.Join(directory, "checkpoint"))
	must(err)
	tree := open(raw, verifier)
	hashes := tlog.TileHashReader(tree, tiles{directory})

	entries := readEntries(directory, tree.N, hashes)
	kept, err := filepath.Glob(filepath.Join(directory, "checkpoints", "*"))
	must(err)
	for _, name := range kept {
		raw, err := os.ReadFile(name)
		must(err)
		older := open(raw, verifier)
		root, err := tlog.TreeHash(older.N, hashes)
		must(err)
		if root != older.Hash {
			log.Fatalf("%s is not a prefix of the tree", name)
		}
	}
	files, err := filepath.Glob(filepath.Join(receipts, "*.tlog-proof"))
	must(err)
	for _, name := range files {
		checkReceipt(name, verifier, entries)
	}
	text, err := os.ReadFile(proofs)
	must(err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		checkProof(line, hashes)
	}
	fmt.Printf("%d entries, %d checkpoints, %d receipts, %d proofs\n", len(entries), len(kept), len(files), len(lines))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
