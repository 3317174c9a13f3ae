// Command network meets our board and our witness over HTTP with other people's programs for the same protocols:
// Tessera's tlog-tiles client and its checker, and the tlog-witness server and client of transparency-dev.
//
//	network read <board> <log key>
//	network feed <board> <log key> <witness> <witness key>
//	network witness <log key> <file with the witness's private key>
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	feeder "github.com/transparency-dev/witness/client/http"
	"github.com/transparency-dev/witness/persistence/inmemory"
	"github.com/transparency-dev/witness/witness"
	sumdb "golang.org/x/mod/sumdb/note"
)

var ctx = context.Background()

// read fetches the whole log, hashes it again, and asks for proofs that other tools then verify.
func read(board string, key sumdb.Verifier) {
	files, err := client.NewHTTPFetcher(address(board), http.DefaultClient)
	must(err)
	must(fsck.New(key.Name(), key, files, hashes, fsck.Opts{N: 2}).Check(ctx))
	latest, _, _, err := client.FetchCheckpoint(ctx, files.ReadCheckpoint, key, key.Name())
	must(err)
	builder, err := client.NewProofBuilder(ctx, latest.Size, files.ReadTile)
	must(err)
	for index := range latest.Size {
		path, err := builder.InclusionProof(ctx, index)
		must(err)
		leaves, err := client.FetchLeafHashes(ctx, files.ReadTile, index, 1, latest.Size)
		must(err)
		must(proof.VerifyInclusion(rfc6962.DefaultHasher, index, latest.Size, leaves[0], path, latest.Hash))
	}
	fmt.Printf("%d entries\n", latest.Size)
}

// feed shows a witness the board's checkpoint and verifies what it answers, first and again.
func feed(board string, key sumdb.Verifier, place string, cosigner sumdb.Verifier) {
	files, err := client.NewHTTPFetcher(address(board), http.DefaultClient)
	must(err)
	latest, raw, _, err := client.FetchCheckpoint(ctx, files.ReadCheckpoint, key, key.Name())
	must(err)
	builder, err := client.NewProofBuilder(ctx, latest.Size, files.ReadTile)
	must(err)
	asked := feeder.NewWitness(address(place), http.DefaultClient)
	_, old, err := asked.Update(ctx, latest.Size, raw, nil) // the wrong size, unless it was there already
	if err != nil {
		var steps [][]byte
		if 0 < old && old < latest.Size {
			steps, err = builder.ConsistencyProof(ctx, old, latest.Size)
			must(err)
		}
		_, _, err = asked.Update(ctx, old, raw, steps)
		must(err)
	}
	line, _, err := asked.Update(ctx, latest.Size, raw, nil)
	must(err)
	_, err = sumdb.Open(append(raw, line...), sumdb.VerifierList(cosigner))
	must(err)
	forged := append([]byte(nil), raw...)
	forged[len(forged)-3] ^= 1
	if _, _, err = asked.Update(ctx, latest.Size, forged, nil); err == nil {
		log.Fatal("a false signature was cosigned")
	}
	fmt.Printf("from %d to %d\n", old, latest.Size)
}

// serve watches one log until standard input ends; its address is the first line of output.
func serve(key sumdb.Verifier, file string) {
	secret, err := os.ReadFile(file)
	must(err)
	signer, err := note.NewSignerForCosignatureV1(strings.TrimSpace(string(secret)))
	must(err)
	watched := func(_ context.Context, origin string) (sumdb.Verifier, bool, error) {
		return key, origin == key.Name(), nil
	}
	made, err := witness.New(ctx, witness.Opts{
		Persistence: inmemory.New(), Signers: []sumdb.Signer{signer}, VerifierForLog: watched,
	})
	must(err)
	door, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	http.HandleFunc("POST /add-checkpoint", witness.NewHTTPHandler(made).AddCheckpoint)
	fmt.Printf("http://%s\n", door.Addr())
	go func() { log.Fatal(http.Serve(door, nil)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func hashes(raw []byte) (leaves [][]byte, err error) {
	var bundle api.EntryBundle
	if err = bundle.UnmarshalText(raw); err != nil {
		return nil, err
	}
	for _, entry := range bundle.Entries {
		leaves = append(leaves, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return leaves, nil
}

func address(place string) *url.URL {
	found, err := url.Parse(place + "/")
	must(err)
	return found
}

func logKey(text string) sumdb.Verifier {
	key, err := sumdb.NewVerifier(text)
	must(err)
	return key
}

func main() {
	log.SetFlags(0)
	switch words := os.Args[1:]; words[0] {
	case "read":
		read(words[1], logKey(words[2]))
	case "feed":
		cosigner, err := note.NewVerifierForCosignatureV1(words[4])
		must(err)
		feed(words[1], logKey(words[2]), words[3], cosigner)
	case "witness":
		serve(logKey(words[1]), words[2])
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
