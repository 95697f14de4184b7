extension Characters {
  /// The beginning of "Coriolanus", by W. Shakespeare, in the public domain.
  static let play = """
    First Citizen:
    Before we proceed any further, hear me speak.

    All:
    Speak, speak.

    First Citizen:
    You are all resolved rather to die than to famish?

    All:
    Resolved. resolved.

    First Citizen:
    First, you know Caius Marcius is chief enemy to the people.

    All:
    We know't, we know't.

    First Citizen:
    Let us kill him, and we'll have corn at our own price.
    Is't a verdict?

    All:
    No more talking on't; let it be done: away, away!

    Second Citizen:
    One word, good citizens.

    First Citizen:
    We are accounted poor citizens, the patricians good.
    What authority surfeits on would relieve us: if they
    would yield us but the superfluity, while it were
    wholesome, we might guess they relieved us humanely;
    but they think we are too dear: the leanness that
    afflicts us, the object of our misery, is as an
    inventory to particularise their abundance; our
    sufferance is a gain to them Let us revenge this with
    our pikes, ere we become rakes: for the gods know I
    speak this in hunger for bread, not in thirst for revenge.

    Second Citizen:
    Would you proceed especially against Caius Marcius?

    All:
    Against him first: he's a very dog to the commonalty.

    Second Citizen:
    Consider you what services he has done for his country?

    First Citizen:
    Very well; and could be content to give him good
    report fort, but that he pays himself with being proud.

    Second Citizen:
    Nay, but speak not maliciously.

    First Citizen:
    I say unto you, what he hath done famously, he did
    it to that end: though soft-conscienced men can be
    content to say it was for his country he did it to
    please his mother and to be partly proud; which he
    is, even till the altitude of his virtue.

    Second Citizen:
    What he cannot help in his nature, you account a
    vice in him. You must in no way say he is covetous.

    First Citizen:
    If I must not, I need not be barren of accusations;
    he hath faults, with surplus, to tire in repetition.
    What shouts are these? The other side o' the city
    is risen: why stay we prating here? to the Capitol!

    All:
    Come, come.

    First Citizen:
    Soft! who comes here?

    Second Citizen:
    Worthy Menenius Agrippa; one that hath always loved
    the people.

    First Citizen:
    He's one honest enough: would all the rest were so!

    MENENIUS:
    What work's, my countrymen, in hand? where go you
    With bats and clubs? The matter? speak, I pray you.

    First Citizen:
    Our business is not unknown to the senate; they have
    had inkling this fortnight what we intend to do,
    which now we'll show 'em in deeds. They say poor
    suitors have strong breaths: they shall know we
    have strong arms too.

    MENENIUS:
    Why, masters, my good friends, mine honest neighbours,
    Will you undo yourselves?

    First Citizen:
    We cannot, sir, we are undone already.

    MENENIUS:
    I tell you, friends, most charitable care
    Have the patricians of you. For your wants,
    Your suffering in this dearth, you may as well
    Strike at the heaven with your staves as lift them
    Against the Roman state, whose course will on
    The way it takes, cracking ten thousand curbs
    Of more strong link asunder than can ever
    Appear in your impediment. For the dearth,
    The gods, not the patricians, make it, and
    Your knees to them, not arms, must help. Alack,
    You are transported by calamity
    Thither where more attends you, and you slander
    The helms o' the state, who care for you like fathers,
    When you curse them as enemies.

    First Citizen:
    Care for us! True, indeed! They ne'er cared for us
    yet: suffer us to famish, and their store-houses
    crammed with grain; make edicts for usury, to
    support usurers; repeal daily any wholesome act
    established against the rich, and provide more
    piercing statutes daily, to chain up and restrain
    the poor. If the wars eat us not up, they will; and
    there's all the love they bear us.

    MENENIUS:
    Either you must
    Confess yourselves wondrous malicious,
    Or be accused of folly. I shall tell you
    A pretty tale: it may be you have heard it;
    But, since it serves my purpose, I will venture
    To stale 't a little more.

    First Citizen:
    Well, I'll hear it, sir: yet you must not think to
    fob off our disgrace with a tale: but, an 't please
    you, deliver.

    MENENIUS:
    There was a time when all the body's members
    Rebell'd against the belly, thus accused it:
    That only like a gulf it did remain
    I' the midst o' the body, idle and unactive,
    Still cupboarding the viand, never bearing
    Like labour with the rest, where the other instruments
    Did see and hear, devise, instruct, walk, feel,
    And, mutually participate, did minister
    Unto the appetite and affection common
    Of the whole body. The belly answer'd--

    First Citizen:
    Well, sir, what answer made the belly?

    MENENIUS:
    Sir, I shall tell you. With a kind of smile,
    Which ne'er came from the lungs, but even thus--
    For, look you, I may make the belly smile
    As well as speak--it tauntingly replied
    To the discontented members, the mutinous parts
    That envied his receipt; even so most fitly
    As you malign our senators for that
    They are not such as you.

    First Citizen:
    Your belly's answer? What!
    The kingly-crowned head, the vigilant eye,
    The counsellor heart, the arm our soldier,
    Our steed the leg, the tongue our trumpeter.
    With other muniments and petty helps
    In this our fabric, if that they--

    MENENIUS:
    What then?
    'Fore me, this fellow speaks! What then? what then?

    First Citizen:
    Should by the cormorant belly be restrain'd,
    Who is the sink o' the body,--

    MENENIUS:
    Well, what then?

    First Citizen:
    The former agents, if they did complain,
    What could the belly answer?

    MENENIUS:
    I will tell you
    If you'll bestow a small--of what you have little--
    Patience awhile, you'll hear the belly's answer.

    First Citizen:
    Ye're long about it.

    MENENIUS:
    Note me this, good friend;
    Your most grave belly was deliberate,
    Not rash like his accusers, and thus answer'd:
    'True is it, my incorporate friends,' quoth he,
    'That I receive the general food at first,
    Which you do live upon; and fit it is,
    Because I am the store-house and the shop
    Of the whole body: but, if you do remember,
    I send it through the rivers of your blood,
    Even to the court, the heart, to the seat o' the brain;
    And, through the cranks and offices of man,
    The strongest nerves and small inferior veins
    From me receive that natural competency
    Whereby they live: and though that all at once,
    You, my good friends,'--this says the belly, mark me,--

    First Citizen:
    Ay, sir; well, well.

    MENENIUS:
    'Though all at once cannot
    See what I do deliver out to each,
    Yet I can make my audit up, that all
    From me do back receive the flour of all,
    And leave me but the bran.' What say you to't?

    First Citizen:
    It was an answer: how apply you this?

    MENENIUS:
    The senators of Rome are this good belly,
    And you the mutinous members; for examine
    Their counsels and their cares, digest things rightly
    Touching the weal o' the common, you shall find
    No public benefit which you receive
    But it proceeds or comes from them to you
    And no way from yourselves. What do you think,
    You, the great toe of this assembly?

    First Citizen:
    I the great toe! why the great toe?
    """
}
