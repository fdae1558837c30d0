"""Words that say how a language works rather than what a text is about: they never name a cluster."""

from __future__ import annotations

_BY_LANGUAGE = {
    "web": """
        http https www com org net html htm php asp aspx href src img div span nbsp amp quot apos lt gt url uri rss
        click cookie cookies login logout signup homepage webpage website websites site sites page pages link links
        rt via lol pic tco bit ly gmail hotmail yahoo mailto utf iso ascii unicode xml json css td tr li ul ol br hr
        font px alt tmp usr param args self none null nil undefined def int str len var func
    """,
    "english": """
        ain aint dont cant wont didnt doesnt isnt wasnt couldnt wouldnt shouldnt havent hasnt arent yall gonna wanna gotta
        about above across after afterwards again against ago all almost alone along already also although always am
        among amongst an and another any anybody anyhow anyone anything anyway anywhere are aren around as asked asking
        at away back be became because become becomes been before began behind being below beside besides better between
        beyond big both bring brought but by called came can cannot cant come comes coming could couldn day days did
        didn different do does doesn doing don done dont down during each eight either else end enough etc even ever
        every everybody everyone everything everywhere example far few find first five following for found four from
        full further gave get gets getting give given gives giving go goes going gone gonna good got gotta great had
        hadn half has hasn have haven having he hello hence her here hers herself hey him himself his how however
        hundred if im in include included including indeed inside instead into is isn it its itself ive just keep kept
        kind knew know known knows large last later least left less let lets like liked likely little ll long look
        looked looking looks lot lots made main make makes making many may maybe me mean means might mine more moreover
        most mostly mr mrs ms much must my myself name namely near need needed needs neither never nevertheless new
        next nine no nobody nor not nothing now nowhere number of off often oh ok okay old on once one ones only onto
        or other others otherwise our ours ourselves out over own part people per perhaps place please point possible
        put quite rather re read really right said same saw say saying says second see seem seemed seems seen set
        seven several shall she should shouldn show shown shows side similar since six small so some somebody somehow
        someone something sometimes somewhere soon still such sure take taken takes taking tell ten than thank thanks
        that thats the their theirs them themselves then there therefore these they thing things think this those
        though thought thousand three through throughout thus time times to today together told too took toward towards
        tried try trying turn two type under unless until up upon us use used uses using usually various ve very want
        wanted wants was wasn way ways we well went were weren what whatever when whenever where whereas wherever
        whether which while who whoever whole whom whose why will with within without won word words would wouldn
        year years yes yesterday yet you your youre yours yourself yourselves
        monday tuesday wednesday thursday friday saturday sunday january february march april june july august
        september october november december jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat
    """,
    "german": """
        ab aber alle allem allen aller alles als also am an andere anderen anderer anderes auch auf aus bei beim bereits
        bin bis bist da dabei dadurch dafür daher damit dann daran darauf darüber das dass daß dazu dein deine dem den
        denn der deren des deshalb dessen die dies diese diesem diesen dieser dieses doch dort du durch eben ein eine
        einem einen einer eines einige einmal er erst es etwa etwas euch euer für gar gegen gegenüber gibt haben habe
        hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in indem ins ist ja jede
        jedem jeden jeder jedes jedoch jetzt kann kein keine keinen keiner können könnte machen man mehr mein meine
        meinen mich mir mit muss müssen nach nachdem neben nicht nichts noch nun nur ob oder ohne schon sehr sein seine
        seinem seinen seiner seit sich sie sind so sogar solche soll sollen sollte sondern sonst sowie über um und uns
        unser unsere unter viel viele vom von vor war waren warum was wegen weil weiter welche welcher wenn wer werden
        wie wieder will wir wird wo wollen worden wurde wurden würde würden zu zum zur zwar zwischen
    """,
    "french": """
        afin ai ainsi alors année ans après au aucun aucune aujourd aussi autre autres aux avait avant avec avez avoir
        avons car ce ceci cela celle celles celui cependant ces cet cette ceux chaque chez ci comme comment contre dans
        de depuis des deux devant doit donc dont du elle elles en encore entre es est et étaient était été être eu eux
        faire fait faut fois font hui il ils jamais je jusqu la le les leur leurs lors lui ma mais me même mêmes mes
        moi moins mon ne ni non nos notre nous on ont or ou où par parce pas pendant peu peut peuvent plus plusieurs
        pour pourquoi pouvoir puis quand que quel quelle quelles quelque quelques quels qui quoi sa sans se selon sera
        ses si sinon soit son sont sous souvent suis sur ta tandis te tel tes toi ton toujours tous tout toute toutes
        très trop tu un une vers voici voilà vos votre vous
    """,
    "spanish": """
        además ahora al algo alguien algún alguna algunas algunos allí ante antes aquel aquella aquí así aún aunque año
        años bajo bien cada casi como cómo con contra cual cuál cuando cuándo cuya cuyo de del desde después donde dónde
        dos durante el él ella ellas ellos en entonces entre era eran eres es esa esas ese eso esos esta está están
        estaba estar estas este esto estos estoy fin fue fueron ha haber había hacer hace hacia han hasta hay he hemos
        hizo hoy la las le les lo los luego más me mejor menos mi mí mientras mis misma mismo mucha mucho muchos muy
        nada ni no nos nosotros nuestra nuestro nunca otra otras otro otros para parte pero poco por porque pues puede
        pueden que qué quien quién se sea según ser será si sí sido siempre sin sino sobre solo sólo son soy su sus
        suya suyo también tan tanto te tenía tener tengo ti tiempo tiene tienen toda todas todavía todo todos tras tu
        tú tus un una unas uno unos usted ustedes vez veces ya yo
    """,
    "portuguese": """
        agora ainda além algo alguém algum alguma algumas alguns ao aos apenas após aquela aquele aqui as assim até
        através bem cada com como contra cujo da das de dela dele deles depois desde dessa desse desta deste deve dia
        disso do dos dois ela elas ele eles em embora então entre era eram essa essas esse esses esta está estão estar
        estas estava este estes estou eu faz fazer foi foram gente há isso isto já lá lhe lhes mais mas me mesma mesmo
        meu meus minha muita muito muitos na nada nas nem nenhum nessa nesse nesta neste ninguém no nos nós nossa nosso
        num numa nunca o onde os ou outra outras outro outros para pela pelas pelo pelos pode podem pois por porque
        pouco pra qual qualquer quando quanto que quem são se sem sempre sendo ser será seu seus sido só sob sobre sua
        suas tal também tanto tão te tem têm tenho ter teu teve tinha toda todas todo todos tu tudo um uma uns vai vão
        vez você vocês vos
    """,
    "italian": """
        abbiamo ad adesso agli ai al alcuni alla alle allo altra altre altri altro anche ancora anni anno aveva avere
        bene che chi ci ciò cioè come con contro cosa così cui da dagli dai dal dalla dalle dallo degli dei del della
        delle dello deve di dopo dove due durante ed era erano essere fa fare fatto fino fra gli già ha hai hanno ho il
        in infatti invece io la le lei li lo loro lui ma mai me mentre mia mie mio molti molto ne negli nei nel nella
        nelle nello nessuno niente noi non nostra nostro nulla ogni ognuno oppure ora per perché però più poco poi
        possono prima proprio può qual quale quali quando quanto quella quelle quelli quello questa queste questi
        questo qui quindi sarà se secondo sei sempre senza si sia siamo siano sono sopra sta stata state stati stato
        stesso su sua sue sugli sui sul sulla suo suoi tale tra tua tuo tutta tutte tutti tutto un una uno verso voi
    """,
    "dutch": """
        aan aangezien achter al alle alleen alles als altijd ander andere anders ben bij bijvoorbeeld daar daarom dan
        dat de deze die dit doch doen door dus echter een eens eerst elk elke en enkele er erg even ge gaan gaat geen
        gewoon had hadden heb hebben heeft heel hem hen het hier hij hoe hoewel hun iedere iedereen iemand iets ik in
        is ja jaar je jij jou jouw jullie kan komen komt kon kunnen maar mag me meer meest men met mij mijn moet moeten
        na naar naast niet niets nog nooit nu of om omdat onder ons ook op over reeds sinds slechts sommige te tegen
        terwijl toch toen tot tussen twee uit uw van vaak veel vele voor vooral waar waarom wanneer want waren was wat
        weer wel welke werd werden wie wij wil worden wordt zal zeer zelf zich zij zijn zo zoals zonder zou zouden
    """,
    "scandinavian": """
        af alla alle allt alt andra andre annan att av blev bli blir bliver både da de deg dem den denna denne der deras
        deres derfor dess dessa dessutan det detta dette dig din disse du där därför då efter eftersom eg ej eller en
        ens er et ett etter ett finns fick fik flere fler for forskjellig fra fram från för före få får gjorde gjøre gör
        göra ha hade had han hans har havde hela hela helt henne hennes her hos hur hvad hver hvilken hvilket hvis hvor
        hvordan hvorfor här i ifra ikke ikkje inga ingen inn innan inte into ja jag jeg jo kan kom kommer kunde kunne
        man mange mannen med medan meg meget mellan mellem mellom men mer mera mest mig min mine mitt mot mycket må mye
        många måste nej ned nei ner noe noen nogen noget nokon något någon några nu nå når och også og om opp opplysning
        oss over på samma samme seg sedan selv sen ses si sig sin sina sine sitt sitter själv skal skall skulle slik
        som så sådan til till tills under undan upp ut utan uten vad var vara vart varit ved vera verte vi vid vil ville
        vilka vilken være vært vår våre är även år åt över ønsker
    """,
    "slavic_latin": """
        aby aj ako ale alebo ani ano asi až bez bo bude budou by być był była było byli byly být byl byla bylo bych bym
        čo co coś či ci cie czy często dla dlatego do gdy gdyby gdzie go ho ich im iż ja jak jako jakie jako
        je jeden jedna jedno jednak jeho jej její jejich jego jeli jemu jen jenom jest jestem jeśli ještě jež ji jich
        jim jiné jsem jsme jsou jste już każdy kde kdo kdy kdyż ke kiedy kilka kto która które którego której który
        których którym která které který kteří ku lecz lub ma má mají mam mi mia mít między mimo mnie mně może můj
        můžu mną moje może možno mu musí musi na nad nam nami nas nasz náš natomiast nawet ne nebo než nic nich nie niego
        nej niej nim nimi niż no o od ode on ona oni ono oraz pak po pod podle pokud ponieważ pouze potom powinien pro
        proč prosto proto protože przed przede przez przy před při sam się są sa si sobie som svoj své svůj swoje ta
        tady tak také także takie taky tam te tě tego tej ten też této tego tento teď tím to tobie toho tom tomu toto tu
        tuto tutaj ty tych tylko tym u už v ve více vo všetko všechno vše však w we wiele więc wszystko wszystkich z za
        zase ze že żeby
    """,
    "south_slavic_baltic": """
        ako ali bez bi bila bili bilo bio biti da do dok gdje gde ga iako ih ili im iz ja je jer još ka kad kada kako
        kao ko koja koje koji koju kod kojih li među mene mi mu na nakon nam nas ne nego neka nije nisu no od on ona
        oni oko pa po pod prema pri sa sam samo se si što sta su sve svi svih ta tako te ti to toga tu u uz vam već vi
        za zato zbog pa pri tudi ki ker kot lahko ni ne so bo ar arba bei bet būti dėl iki ir iš jis jo jų kad kaip
        kas ka kurie kuris nuo per po prie su tai tik yra un vai par ir ar no uz kas arī bet tas ka lai kā pēc
    """,
    "finnish_hungarian_estonian": """
        ei eivät eli en että he hän ilman itse ja jo joka jolla jos jotka josta joten kaikki kanssa kaksi kautta koska
        kuin kuka kun kuten me minä mikä missä mitä mukaan mutta myös ne niiden niin nyt nämä ole olen oli olivat olla
        on ovat paljon se sekä sen siellä siitä sinä sitä tai tämä tämän tässä tätä vain vielä voi voidaan ylä
        abban ahhoz ahogy aki akik alatt által általában amely amelyek ami amikor annak arra azok azon azonban azt az
        azért be belül benne csak de egy egyes egyik egész el ellen elő első ennek erre es és ez ezek ezen ezt fel
        fog hanem hiszen hogy hogyan ha igen így illetve ill is ismét itt jól jobban kell kellett keresztül ki közben
        között közül le legyen lehet lenne lett maga majd már más még meg mellett mert mely mi miért mind minden mint
        mintha mit nagy nagyon ne nekem neki nem nincs olyan ott össze ő ők pedig rá saját sem semmi sok sokkal számára
        szerint szét szinte talán te tehát több tovább újra úgy után utána vagy vagyok vala valaki valami van vannak
        vele vissza viszont volna volt voltak
        ning kui et see ega oma tema mis kes või aga nende selle ka siis juba ainult olema oli olid pole
    """,
    "romanian_turkish_indonesian_vietnamese": """
        acea aceasta această aceea acest acesta acestor acum ai aici al ale alt alte am ar are asta astfel atunci au
        avea ca că când care ce cel cele cine către cu cum da dacă dar de deci decât despre din doar după ea ei el era
        este eu fără face fi fie fiecare fost iar în înainte încă între la le lor lui mai mea mei mult nici nimic noi
        nu numai ori orice pe pentru poate prin sa să sale sau se și si sunt sus său tot toate trebuie un una unei unor
        unui va vom vor
        acaba ama ancak artık aslında az bana bazı belki ben beni benim bile bir birçok biri birkaç biz bize bizim böyle
        bu buna bunda bundan bunlar bunu bunun çok çünkü da daha de defa değil diğer diye en gibi göre hem hep hepsi
        her hiç için ile ise işte kadar karşı kendi kez ki kim mi mı mu mü nasıl ne neden nerede niçin niye o olan
        olarak oldu olduğu olması olmak olsun on ona ondan onlar onu onun ötürü oysa öyle pek sadece sanki sen sizin
        siz şey şimdi şu tarafından tüm üzere var ve veya ya yani yok zaten
        ada adalah agar akan aku anda antara apa apakah atas atau bagi bahwa banyak bahkan begitu belum bisa bukan cara
        dalam dan dapat dari dengan di dia dua hanya harus hingga ini itu jika juga kalau kami kamu karena ke kepada
        ketika kita lagi lain lalu lebih maka masih melalui mereka namun oleh orang pada para pun saat saja sama
        sampai sangat saya sebagai sebuah secara sedang sehingga sejak seperti serta setelah setiap suatu sudah tak
        tanpa telah tentang terhadap tersebut tetapi tidak untuk yaitu yang
        anh bạn bị các cái cho chỉ có còn cũng của cùng đã đang đây đến để đó được gì hay hơn khi không là lại làm lên
        mà mình một này nào nên nếu nhiều như những nó ở phải ra rằng rất sẽ sau tại theo thì thể tôi trên trong từ và
        vào về vì với vẫn việc
    """,
    "cyrillic": """
        без был была были было быть вам вас ваш весь вот все всего всей всех всё вы где да даже для до его ее её если
        есть еще ещё же за здесь из или им их как какая какой когда конечно которая которого которое которой которые
        который которых кто куда ли либо лишь между меня мне много может можно мой моя мы на над надо нам нас наш не
        него нее неё нет ни них ничего но ну об один однако она они оно от очень перед по под после потом потому почему
        почти при про раз разве сам свое своей свой своих себе себя сейчас со совсем так такая также такие такой там
        тебя тем теперь то тоже того только том тот три ту ты уж уже хотя чего чей чем через что чтобы чуть эта эти
        этих это этого этой этом этот эту является
        або але бо був була були було бути від він вона вони воно все всі вже где де для до його її їх із інших коли
        крім лише має між мене мені може можна на над нам нас не ні ніж но об один окрім от перед під по при про саме
        себе та так також таки там те теж ти тих то тобто того той тому тут у цей ці цього цьому цю ця чи через чому що
        щоб що як яка який яких якого якщо які є і й
        ако ала беше бил бяха вече все във всички да дали до докато ги го други един една едно за защо има към как
        както като когато която които който ли между ми много може на не него нещо ние ни но някои няма от отново по
        поради след само се си със също са ще така тази такъв там те тези този това тя тук той във
        и или ја као када који која које није од ово онда само све су то што већ због
    """,
    "greek": """
        αλλά αν ανά αντί απ από αυτά αυτές αυτή αυτήν αυτό αυτοί αυτός αυτού αυτών αφού για δεν δε διότι δύο εάν εγώ
        εδώ εί είμαι είναι είτε εκεί εκείνο εκείνος ενώ εντός ένα έναν ένας επί επίσης έπειτα ετσι έτσι έχει έχουν έχω
        ή ήδη ήταν η θα ίσως και κάθε κάποια κάποιος κατά κι μα μας με μέσα μετά μεταξύ μέχρι μη μην μία μια μου μόνο
        μπορεί να ξανά ο οι όλα όλες όλοι όμως όπου όπως όσο όταν ότι ούτε πάνω παρά περί πιο πολύ πολλά ποια ποιος που
        πού πρέπει πριν προς πώς πως σαν σε σας στη στην στης στις στο στον στους στα σου συν τα τη την της τι τις το
        τον του τους των τώρα υπό χωρίς ως ώστε
    """,
    "arabic_persian_hebrew": """
        ابن اذا اكثر الا الان التي الذي الذين الى أحد أم أن أنا أنت أو أي إذا إلا إلى إن أنه إنه او اي ايضا أيضا ب بأن
        بعد بعض بل بن به بها بين تكون تلك تم ثم جدا جميع حتى حول حيث خلال دون ذلك ذات ذو سوف شيء عبر عدد عدم على عليه
        عليها عن عند عنه عندما غير فان فإن فقد فقط في فيه فيها قال قبل قد قط كان كانت كل كلا كما كيف كم لا لأن لدى لقد
        لك لكل لكن لم لن له لها لهم لو ليس ليست ما ماذا متى مثل مع معه من منذ منه منها نحن نحو هؤلاء هذا هذه هل هم هنا
        هناك هو هي وإن وأن وقد وكان ولا ولم وما ومن وهو وهي وفي يكون يمكن
        است اگر اما آن آنها اند این با باید بر برای بود بودن به بی تا تر چه چون خود دارد در دیگر را شد شده شود کرد کرده
        کند که ما من می نیز نیست ها های هر هم همه و یا یک
        אבל או אחר אחרי אחת אי אין אל אם אנחנו אני אף אשר את אתה אתם בין גם הוא היא היה היו הם הן הנה הרבה הזאת הזה
        ואת זאת זה זו יותר יש כי כל כמו כן כך לא לו להיות לי לך לכל למה לפני מאוד מה מי מן מפני עד עוד על עם פה רק של
        שלא שלו שלי שם תחת
    """,
    "indic": """
        अगर अन्य अपना अपनी अपने अब आदि आप इन इस इसके इसमें इसी इसे उन उनका उनकी उनके उस उसका उसकी उसके उसे एक एवं और कई
        कभी कर करता करते करना करने का किया किसी की कुछ के केवल को कोई कौन क्या क्यों गई गए गया जब जहाँ जा जाता जाती जाने
        जिस जिसे जैसे जो तक तब तथा तो था थी थे दिया दो द्वारा न नहीं ने पर पहले फिर बहुत बाद बात भी मगर मुझे में मेरा
        मेरी मैं यदि यह यहाँ या ये रहा रही रहे लिए लेकिन वह वहाँ वाला वाली वाले वे सकता सब सभी साथ से हम ही हुआ हुई हुए
        है हैं हो होगा होता होती होते होना
        এই এক একটি এবং এর ও কথা করা করে কি কিন্তু কিছু কোন জন্য জন্যে তা তার তাঁর তারা তিনি থেকে দিয়ে না নিয়ে পর প্রতি
        বা যা যে সব সঙ্গে সে হয় হয়ে হবে
        அது அந்த அவர் அவன் இது இந்த உள்ள எந்த எல்லா என்ற என்று என ஒரு ஒவ்வொரு கொண்டு தன் மற்றும் மேலும் யார்
    """,
    "korean": """
        것 그 그것 그녀 그는 그들 그러나 그런 그리고 나는 나의 너무 다른 대한 더 때 때문에 또는 또한 많은 모든 및 수 아니라 아주
        어떤 없는 없다 여기 우리 우리는 위한 위해 은 의해 이 이것 이런 있는 있다 있습니다 저 정말 제 하는 하지만 한 할 합니다 했다
    """,
}

# Han characters that build grammar, not topics: pairs that hold one of them are no words.
UNSPACED = frozenset(
    "一上下不与並个中为主么之也了于些什从他以们会但何作你來個們其再凡出分到前动動去又及只可各同后向吗吧呢和啊嗎因在地多她好如它定实實对将將對就已并应开当很後得"
    "從想意應成我或所把方於无时是時更最會有本来样樣此每沒没為無然现現用由當的看着种種第等給给者而能自與若著行被裡要該說讓让该说起过还这进這進過道還那部都里開面麼"
)

LANGUAGES: dict[str, frozenset[str]] = {name: frozenset(words.split()) for name, words in _BY_LANGUAGE.items()}
