// Command tessera appends entries to Tessera's POSIX log, and says what that took.
//
//	tessera <empty directory> <entries> <bytes of an entry> <batch> <seconds between checkpoints> [antispam]
//
// It prints seconds by the clock and of the processor, from the first entry until the last one is durable and in the
// tree. With `antispam` Tessera looks for each entry in its index of earlier ones, and keeps that index.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	badger "github.com/transparency-dev/tessera/storage/posix/antispam"
	"golang.org/x/mod/sumdb/note"
)

var ctx = context.Background()

func open(directory string, batch uint, interval time.Duration, unique bool) *tessera.Appender {
	private, _, err := note.GenerateKey(rand.Reader, "log.example")
	must(err)
	signer, err := note.NewSigner(private)
	must(err)
	driver, err := posix.New(ctx, posix.Config{Path: filepath.Join(directory, "log")})
	must(err)
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(batch, time.Second).
		WithCheckpointInterval(interval)
	if unique {
		index, err := badger.NewAntispam(ctx, filepath.Join(directory, "antispam"), badger.AntispamOpts{})
		must(err)
		options = options.WithAntispam(tessera.DefaultAntispamInMemorySize, index)
	}
	appender, _, _, err := tessera.NewAppender(ctx, driver, options)
	must(err)
	return appender
}

// add waits until an entry has its place; a log that is told too much at once is asked again.
func add(appender *tessera.Appender, entry []byte) {
	for {
		_, err := appender.Add(ctx, tessera.NewEntry(entry))()
		if !errors.Is(err, tessera.ErrPushback) {
			must(err)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// fill appends the entries from as many goroutines as two batches have entries: one is written while the next fills.
func fill(appender *tessera.Appender, entries, size, batch int) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range 2 * batch {
		all.Go(func() {
			for {
				number := next.Add(1) - 1
				if number >= int64(entries) {
					return
				}
				rest := bytes.Repeat([]byte{0}, size-8)
				add(appender, append(binary.BigEndian.AppendUint64(nil, uint64(number)), rest...))
			}
		})
	}
	all.Wait()
}

// spent gives the seconds of the processor that this process has had.
func spent() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func main() {
	log.SetFlags(0)
	var numbers []int
	for _, word := range os.Args[2:6] {
		number, err := strconv.Atoi(word)
		must(err)
		numbers = append(numbers, number)
	}
	entries, size, batch, interval := numbers[0], numbers[1], numbers[2], time.Duration(numbers[3])*time.Second
	appender := open(os.Args[1], uint(batch), interval, len(os.Args) > 6)
	begun, before := time.Now(), spent()
	fill(appender, entries, size, batch)
	fmt.Println(time.Since(begun).Seconds(), spent()-before)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
